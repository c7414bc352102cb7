"""The names of before for `analysis.saliency`, until every study uses the new ones."""

from etudes.analysis.saliency import check_explained as check_look
from etudes.analysis.saliency import explain_predictions as saliency
from etudes.analysis.saliency import pictures_to_explain as to_look_at
from etudes.contract import Result

__all__ = ["check_look", "saliency", "to_look_at", "together"]


def together(*results: Result) -> Result:
    """Several results as one."""
    whole = Result()
    for result in results:
        whole.metrics |= result.metrics
        whole.tables += result.tables
        whole.pictures |= result.pictures
        whole.lines += result.lines
        whole.records |= result.records
    return whole
