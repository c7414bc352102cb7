"""The CIFAR-10 network in plain torch, channels last, its data in memory; no augmentation."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
import torch
from torch import nn


def measure(data: str, epochs: int, batch_size: int = 128, precision: str = "float32", seed: int = 0) -> dict[str, Any]:
    """Train on the arrays of an NPZ file; see `cifar10_keras`."""
    torch.manual_seed(seed)
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    arrays = np.load(data)
    x = torch.from_numpy(arrays["train_x"]).permute(0, 3, 1, 2).float().div(255)
    x = x.contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(arrays["train_y"].astype("int64"))
    network = nn.Sequential(
        *(
            nn.Conv2d(3, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
        ),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Dropout(0.25), nn.Flatten(), nn.Linear(2304, 512), nn.ReLU(), nn.Dropout(0.5), nn.Linear(512, 10)),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.RMSprop(network.parameters(), 1e-4, alpha=0.9)
    records = []
    for epoch in range(epochs):
        began = time.monotonic()
        for places in torch.randperm(len(x)).split(batch_size):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                said = network(x[places])
            loss = nn.functional.cross_entropy(said.float(), y[places])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        seconds = time.monotonic() - began
        record = {"epoch": epoch + 1, "seconds": seconds, "samples_per_second": len(x) / seconds}
        records.append({"phase": "train", "loss": float(loss.detach()), **record})
    return {"epochs": records}
