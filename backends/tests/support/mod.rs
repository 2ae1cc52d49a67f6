//! What the tests of every backend share.

/// A test for each backend that is compiled in: `for_every_backend!(check)` makes five that call
/// `check::<Backend>()`.
macro_rules! for_every_backend {
    ($check:ident) => {
        #[test]
        #[cfg(feature = "rustcrypto")]
        fn rustcrypto() {
            $check::<sprag_backends::rustcrypto::RustCrypto>();
        }

        #[test]
        #[cfg(feature = "ring")]
        fn ring() {
            $check::<sprag_backends::ring::Ring>();
        }

        #[test]
        #[cfg(feature = "aws-lc-rs")]
        fn aws_lc() {
            $check::<sprag_backends::aws_lc::AwsLc>();
        }

        #[test]
        #[cfg(all(
            feature = "graviola",
            any(target_arch = "aarch64", target_arch = "x86_64")
        ))]
        fn graviola() {
            if sprag_backends::graviola::is_supported() {
                $check::<sprag_backends::graviola::Graviola>();
            } else {
                println!("NOT RUN on graviola: this processor lacks what it needs");
            }
        }

        #[test]
        #[cfg(feature = "mixed")]
        fn mixed() {
            $check::<sprag_backends::mixed::Mixed>();
        }
    };
}

pub(crate) use for_every_backend;
