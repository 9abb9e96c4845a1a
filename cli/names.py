"""The names that the help shows and a typing error is compared with, so that neither reads torch.

The library's own lists are the right ones; `tests/cli/test_names.py` compares them.
"""

BACKBONES = (
    "mono",
    "telea",
    "navier_stokes",
    "patchmatch",
    "lama",
    "mat",
    "aot_gan",
    "deepfill_v2",
    "deepfill_v1",
    "coarse_refine",
    "edge_connect",
    "gmcnn",
    "partial_conv",
    "glcic",
    "pggan",
    "context_encoder",
    "vcnet",
    "autoencoder",
    "shift_net",
    "mlp",
)
CHANNELS = ("luminance", "alpha", "red", "green", "blue", "auto")
METHODS = ("propagate", "network", "paper")
SCHEDULES = ("paper", "linear_descent", "linear_ascent", "convex", "concave", "constant")
TEXTURE = 0.5
GRAIN = 1.0
TEXTURE_WAYS = ("quilt", "features")
MATCHES = ("off", "brightness", "colors")
MAX_FEATHER = 64
PIPELINES = ("gray", "rgb_to_gray", "rgb")
DETECTORS = ("both", "learned", "vcnet", "classical")
KINDS = {
    "lines": "scratches, creases, crackle, hairs",
    "specks": "dust and spots",
    "lost": "torn off, rubbed off, flaked off",
    "areas": "stains, fading, mold, tape",
    "overlays": "lettering, watermarks, stamps, covers",
}
RESTORED_KINDS = ("lines", "specks", "lost")
AUTO_BACKBONE, DEFAULT_BACKBONE, DEFAULT_DETECTOR = "auto", "mono", "both"
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
