"""What is done to signals and images: transforms, convolutions, pools, resampling."""
