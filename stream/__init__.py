"""The pipeline, which alone knows Faust; its pure core is `clinical`."""
