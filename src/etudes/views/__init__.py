"""Views: curves, picture grids, tables, progress, cards and the report page."""
