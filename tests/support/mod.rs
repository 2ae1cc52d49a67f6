//! What the tests of every backend share.

/// Calls a function once for every backend that is compiled in and runs here:
/// `on_every_backend!(function)` or `on_every_backend!(function(arguments))`.
macro_rules! on_every_backend {
    ($check:ident $(($($argument:expr),*))?) => {{
        #[cfg(feature = "rustcrypto")]
        $check::<sprag::rustcrypto::Backend>($($($argument),*)?);
        #[cfg(feature = "ring")]
        $check::<sprag::ring::Backend>($($($argument),*)?);
        #[cfg(feature = "aws-lc-rs")]
        $check::<sprag::aws_lc::Backend>($($($argument),*)?);
        #[cfg(all(
            feature = "graviola",
            any(target_arch = "aarch64", target_arch = "x86_64")
        ))]
        if sprag::BackendName::Graviola.is_supported() {
            $check::<sprag::graviola::Backend>($($($argument),*)?);
        } else {
            println!("NOT RUN on graviola: this processor lacks what it needs");
        }
        #[cfg(feature = "mixed")]
        $check::<sprag::mixed::Backend>($($($argument),*)?);
    }};
}

pub(crate) use on_every_backend;
