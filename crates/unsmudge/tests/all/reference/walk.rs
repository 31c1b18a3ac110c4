//! Walks away from examples, once more: plain loops for units of 0 and 1.

use super::{Reference, Seen, activate, wide};
use unsmudge::activation::Activation;
use unsmudge::matrix::Matrix;
use unsmudge::random::{Key, Purpose, unit};

impl Reference<'_> {
    /// Leads what is seen of some examples away from them: as many steps as the first one's number
    /// says.
    pub(super) fn walk(&self, seen: &mut Seen, rows: &[u32], epoch: u32) {
        let [w, b, v, c] = &self.tensors;
        let (d, h) = (c.len(), b.len());
        let key = Key { epoch, ..Key::new(self.training.seed, Purpose::Walk) };
        let word = Key { part: 1, ..key }.at_row(u64::from(rows[0])).word(0);
        let n_choices = f64::from(self.settings.walkback) + 1.0;
        let n_steps = (f64::from(word) / 2f64.powi(32) * n_choices) as u8;
        for step in 1..=n_steps {
            let mut state = Matrix::zeros(rows.len(), d);
            for (i, row) in rows.iter().enumerate() {
                let noisy = wide(seen.corrupted.row(i));
                let of_unit = |k: usize| (0..d).map(|j| w[k * d + j] * noisy[j]).sum::<f64>();
                let by = self.settings.activation;
                let y: Vec<f64> = (0..h).map(|k| activate(by, b[k] + of_unit(k))).collect();
                let key = key.at_row(u64::from(*row) + (u64::from(step) << 32));
                for j in 0..d {
                    let way_back =
                        |k: usize| if v.is_empty() { w[k * d + j] } else { v[j * h + k] };
                    let a = c[j] + (0..h).map(|k| way_back(k) * y[k]).sum::<f64>();
                    let is_one =
                        f64::from(unit(key.word(j as u32))) < activate(Activation::Sigmoid, a);
                    state.row_mut(i)[j] = f32::from(u8::from(is_one));
                }
            }
            seen.corrupted = self.corrupt((&state, rows), Purpose::Noise, epoch, step).0;
            seen.marks.fill(1); // every cell is drawn
        }
    }
}
