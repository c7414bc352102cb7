"""The networks of keras.applications that can be dreamed with, and how each wants its pictures. Known without Keras."""

from __future__ import annotations

_KINDS = {
    "-1..1": (
        "InceptionV3 InceptionResNetV2 Xception MobileNet MobileNetV2 NASNetMobile NASNetLarge "
        "ResNet50V2 ResNet101V2 ResNet152V2"
    ),
    "0..255": (
        "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 "
        "EfficientNetB7 EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S "
        "EfficientNetV2M EfficientNetV2L MobileNetV3Small MobileNetV3Large "
        "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge"
    ),
    "blue first": "VGG16 VGG19 ResNet50 ResNet101 ResNet152",
    "standardised": "DenseNet121 DenseNet169 DenseNet201",
}

PREPROCESSING = {name: kind for kind, names in _KINDS.items() for name in names.split()}
"""Name → the range of its values; "blue first": 0..255 as BGR, less the mean of ImageNet; "standardised": less that
mean, divided by the standard deviation."""
