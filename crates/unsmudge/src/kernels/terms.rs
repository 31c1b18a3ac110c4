//! Constants of one update.

/// Rate, gradient scale and penalties of one update of one tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Terms {
    /// Learning rate.
    pub rate: f32,
    /// What the gradient is multiplied by: below 1 when it was clipped.
    pub scale: f32,
    /// The penalty's gradient is `l2 * w`.
    pub l2: f32,
    /// The penalty's gradient is `l1 * sign(w)`.
    pub l1: f32,
}

/// Constants of one update by first and second moments (Adam, AdamW).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Moments {
    pub beta1: f32,
    pub beta2: f32,
    /// 1 / (1 - beta1^t) and 1 / (1 - beta2^t) at step t.
    pub correction1: f32,
    pub correction2: f32,
    pub epsilon: f32,
    /// Decoupled weight decay of AdamW, multiplied by the rate.
    pub decay: f32,
}
