//! A restricted Boltzmann machine so small that everything can be computed by listing all states:
//! probabilities from energies, gradients from probabilities, in f64 and plain loops. Nothing here
//! uses a sigmoid or a free energy: those are what is tested.

/// Its parameters as one list: W row after row (n_hidden x n_visible), b, b'.
#[derive(Debug, Clone)]
pub struct Exact {
    pub n_visible: usize,
    pub n_hidden: usize,
    pub parameters: Vec<f64>,
}

/// All 2^n states of n binary units.
pub fn states(n: usize) -> Vec<Vec<f64>> {
    (0..1usize << n).map(|s| (0..n).map(|j| (s >> j & 1) as f64).collect()).collect()
}

impl Exact {
    /// -E(v, h) = b'.v + b.h + h.W v
    pub fn agreement(&self, v: &[f64], h: &[f64]) -> f64 {
        self.parameters.iter().zip(statistic(v, h)).map(|(p, s)| p * s).sum()
    }

    /// ln of the sum over all h of exp(-E(v, h)): less the free energy.
    pub fn log_of_visible(&self, v: &[f64]) -> f64 {
        let terms = states(self.n_hidden).iter().map(|h| self.agreement(v, h)).collect::<Vec<_>>();
        log_sum(&terms)
    }

    /// ln Z.
    pub fn log_z(&self) -> f64 {
        let visible = states(self.n_visible);
        log_sum(&visible.iter().map(|v| self.log_of_visible(v)).collect::<Vec<_>>())
    }

    /// The mean over examples of ln P(v).
    pub fn mean_log_likelihood(&self, data: &[Vec<f64>]) -> f64 {
        let sum: f64 = data.iter().map(|v| self.log_of_visible(v)).sum();
        sum / data.len() as f64 - self.log_z()
    }

    /// P(h given v) for all h.
    fn hidden_given(&self, v: &[f64]) -> Vec<f64> {
        let log = self.log_of_visible(v);
        states(self.n_hidden).iter().map(|h| (self.agreement(v, h) - log).exp()).collect()
    }

    /// P(v given h) for all v.
    fn visible_given(&self, h: &[f64]) -> Vec<f64> {
        let terms: Vec<f64> = states(self.n_visible).iter().map(|v| self.agreement(v, h)).collect();
        let log = log_sum(&terms);
        terms.iter().map(|term| (term - log).exp()).collect()
    }

    /// P(v) for all v.
    pub fn visible(&self) -> Vec<f64> {
        let log_z = self.log_z();
        let visible = states(self.n_visible);
        visible.iter().map(|v| (self.log_of_visible(v) - log_z).exp()).collect()
    }

    /// The mean over h given v of the statistic that belongs to each parameter.
    pub fn statistic_of(&self, v: &[f64]) -> Vec<f64> {
        let mut mean = vec![0.0; self.parameters.len()];
        for (h, p) in states(self.n_hidden).iter().zip(self.hidden_given(v)) {
            mean.iter_mut().zip(statistic(v, h)).for_each(|(m, s)| *m += p * s);
        }
        mean
    }

    /// The gradient that the machine's own chain would give, were the last visible units not
    /// sampled but left as probabilities.
    pub fn gradient_by_probabilities(&self, data: &[Vec<f64>]) -> Vec<f64> {
        let visible = states(self.n_visible);
        let mut mean = vec![0.0; self.parameters.len()];
        for (i, h) in states(self.n_hidden).iter().enumerate() {
            let of = |(v, p): (&Vec<f64>, f64)| p * self.hidden_given(v)[i];
            let weight: f64 = visible.iter().zip(self.visible()).map(of).sum();
            let given = self.visible_given(h);
            let one = |j: usize| visible.iter().zip(&given).map(|(v, p)| v[j] * p).sum();
            let probabilities: Vec<f64> = (0..self.n_visible).map(one).collect();
            let part = self.statistic_of(&probabilities);
            mean.iter_mut().zip(part).for_each(|(m, s)| *m += weight * s);
        }
        minus(&mean, &self.statistic_of_data(data))
    }

    /// The mean of [`Exact::statistic_of`] under a distribution over all v.
    fn statistic_under(&self, distribution: &[f64]) -> Vec<f64> {
        let mut mean = vec![0.0; self.parameters.len()];
        for (v, p) in states(self.n_visible).iter().zip(distribution) {
            mean.iter_mut().zip(self.statistic_of(v)).for_each(|(m, s)| *m += p * s);
        }
        mean
    }

    fn statistic_of_data(&self, data: &[Vec<f64>]) -> Vec<f64> {
        let mut mean = vec![0.0; self.parameters.len()];
        for v in data {
            let part = self.statistic_of(v);
            mean.iter_mut().zip(part).for_each(|(m, s)| *m += s / data.len() as f64);
        }
        mean
    }

    /// The gradient of minus the mean log-likelihood: what the machine says less what the data say.
    pub fn gradient(&self, data: &[Vec<f64>]) -> Vec<f64> {
        minus(&self.statistic_under(&self.visible()), &self.statistic_of_data(data))
    }

    /// The expectation of the direction of CD-k, by the chain's matrix of transition.
    pub fn contrast(&self, data: &[Vec<f64>], k: u32) -> Vec<f64> {
        let hidden = states(self.n_hidden);
        let back: Vec<Vec<f64>> = hidden.iter().map(|h| self.visible_given(h)).collect();
        let step = |v: &[f64], p: f64, next: &mut [f64]| {
            for (q, back) in self.hidden_given(v).iter().zip(&back) {
                next.iter_mut().zip(back).for_each(|(n, r)| *n += p * q * r);
            }
        };
        let visible = states(self.n_visible);
        let mut now = vec![0.0; visible.len()];
        for v in data {
            step(v, 1.0 / data.len() as f64, &mut now);
        }
        for _ in 1..k {
            let mut next = vec![0.0; visible.len()];
            visible.iter().zip(&now).for_each(|(v, p)| step(v, *p, &mut next));
            now = next;
        }
        minus(&self.statistic_under(&now), &self.statistic_of_data(data))
    }
}

/// d(-E)/d(parameter) for each parameter: h_i v_j, h_i, v_j.
fn statistic(v: &[f64], h: &[f64]) -> Vec<f64> {
    let pairs = h.iter().flat_map(|h| v.iter().map(move |v| h * v));
    pairs.chain(h.iter().copied()).chain(v.iter().copied()).collect()
}

fn log_sum(terms: &[f64]) -> f64 {
    let greatest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    greatest + terms.iter().map(|term| (term - greatest).exp()).sum::<f64>().ln()
}

fn minus(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

/// The greatest difference between two lists of one length.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    minus(a, b).iter().fold(0.0, |greatest, d| d.abs().max(greatest))
}
