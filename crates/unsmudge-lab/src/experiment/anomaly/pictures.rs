//! Pictures of the experiment: mean ranks with their critical difference, and p-values of usual rows.

use super::AnomalyRecord;
use super::cases::Comparison;
use super::split::Protocol;
use crate::experiment::compared::mean;
use crate::report::curves::{Curves, Series};

/// A line for each method, as long as the critical difference, around its mean rank.
pub(super) fn rank_lines(of: &Comparison) -> Option<Curves> {
    let ranks = of.ranks(|of| of.auroc)?;
    let difference = of.critical_difference()?;
    let mut order: Vec<usize> = (0..ranks.len()).collect();
    order.sort_by(|a, b| ranks[*a].total_cmp(&ranks[*b]));
    let series = |(place, method): (usize, &usize)| {
        let (rank, y) = (ranks[*method], place as f64 + 1.0);
        let ends = [(rank - difference / 2.0, y), (rank + difference / 2.0, y)];
        // After a gap a single point is a dot.
        let points = vec![ends[0], ends[1], (f64::NAN, y), (rank, y)];
        Series { name: of.methods[*method].to_string(), points, best: None }
    };
    Some(Curves {
        series: order.iter().enumerate().map(series).collect(),
        x_label: "mean rank by AUROC".into(),
        y_label: "place, 1 is the best".into(),
        caption: format!(
            "Mean ranks over {} tables, {}. Each line is {difference:.2} long, the critical \
             difference of Nemenyi's test at 5 %: methods whose lines overlap do not differ \
             significantly.",
            of.shared().len(),
            of.protocol.words()
        ),
    })
}

/// The share of usual rows up to each p-value, as a mean over tables and seeds.
pub(super) fn calibration(records: &[AnomalyRecord]) -> Curves {
    let n = records.first().map_or(0, |of| of.usual_up_to.len());
    let t = |i: usize| i as f64 / 100.0;
    let series = |(protocol, name): (Protocol, &str)| {
        let share = |i: usize| {
            let of = records.iter().filter(|of| of.protocol == protocol);
            mean(of.map(|of| of.usual_up_to.get(i - 1).copied().unwrap_or(f64::NAN)))
        };
        let points = (1..=n).filter_map(|i| Some((t(i), share(i)?)));
        let points = [(0.0, 0.0)].into_iter().chain(points).collect();
        Series { name: name.into(), points, best: None }
    };
    let names = ["trained on usual rows", "trained on all rows"];
    let ideal = vec![(0.0, 0.0), (t(n), t(n))];
    let ideal = Series { name: "as claimed".into(), points: ideal, best: None };
    Curves {
        series: Protocol::ALL.into_iter().zip(names).map(series).chain([ideal]).collect(),
        x_label: "p-value".into(),
        y_label: "share of usual rows with a p-value up to this".into(),
        caption: "Means over tables and seeds. Where unusual rows are trained on, they take the \
                  lowest p-values, and usual rows have higher ones."
            .into(),
    }
}
