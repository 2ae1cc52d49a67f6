//! The backend over `aws-lc-rs`.

pub use sprag_backends::aws_lc::AwsLc;
