//! One message to many devices, sealed for each by itself.

use sprag::sprag_core::backend::PqBackend;
use sprag::store::Store;

use crate::Result;
use crate::device::Device;

impl<B: PqBackend, S: Store> Device<B, S> {
    /// Sends to every device of `account` and every other one of this device's own account, keeps the
    /// text once, and returns what was sent. The relay says which devices those are.
    ///
    /// # Errors
    /// As [`send`](Self::send); devices that come before in the relay's list have the message then.
    pub fn fan_out(&mut self, account: &str, text: &[u8]) -> Result<Vec<Vec<u8>>> {
        let own = self.address().clone();
        let mut devices = self.devices(account)?;
        devices.extend(self.devices(own.account())?);
        devices.retain(|device| *device != own);
        let mut sent = Vec::with_capacity(devices.len());
        for device in &devices {
            let sealed = self.seal(device, text)?;
            self.deliver(device, &sealed)?;
            sent.push(sealed);
        }
        self.keep_own(text)?;
        Ok(sent)
    }
}
