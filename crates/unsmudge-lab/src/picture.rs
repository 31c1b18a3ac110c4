//! Grey pictures made of numbers: sheets of filters, and strips of examples. Only pixels and PNG
//! bytes: what is drawn is chosen by the caller, and where it stands is the report's.

mod grey; // from weights to greys
mod sheet; // tiles on a ground

use crate::picture::grey::{norm, percentile_of_sizes, signed_grey};
use crate::picture::sheet::{Sheet, columns_for_screen};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use unsmudge::dataset::ImageShape;
use unsmudge::error::{Error, Hint, Place, Result};
use unsmudge::matrix::View;

/// A grey picture of 8 bits a pixel: 0 is black, 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// The pixels, row after row.
    pub pixels: Vec<u8>, // height x width
}

/// How the weights of a sheet become greys. Zero is the same mid-grey in both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GreyScale {
    /// One scale for the sheet, up to the 99.5th percentile of the sizes: filters can be compared,
    /// and a few large weights do not turn all others grey.
    #[default]
    Shared,
    /// Each filter up to its own largest weight: the faintest structure shows, noise as well.
    PerFilter,
}

/// How a sheet of filters is laid out; the default chooses for a screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SheetSettings {
    /// How weights become greys.
    pub scale: GreyScale,
    /// Filters side by side; `None` makes the sheet as near to 16:10 as it can be.
    pub n_columns: Option<usize>,
    /// Pixels of the picture for one weight, 1 to 64 in each direction; `None` makes the picture
    /// as large as it can be up to 1000 pixels, and no weight larger than 8.
    pub enlarge: Option<usize>,
}

impl Picture {
    /// The picture as a PNG file: the same pixels always give the same bytes.
    ///
    /// # Errors
    /// [`Error::Shape`] when there is no pixel, or not `width * height` of them.
    pub fn png(&self) -> Result<Vec<u8>> {
        let misfit = |found: String| {
            Error::shape("picture", format!("{} x {} pixels", self.width, self.height), found)
        };
        let sizes = (u32::try_from(self.width), u32::try_from(self.height));
        let (Ok(width), Ok(height)) = sizes else {
            return Err(misfit("sizes that no PNG can hold".into()));
        };
        let fits = self.width.checked_mul(self.height) == Some(self.pixels.len());
        if self.pixels.is_empty() || !fits {
            return Err(misfit(format!("{} pixels", self.pixels.len())));
        }
        let mut bytes = Vec::new();
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive)
            .write_image(&self.pixels, width, height, ExtendedColorType::L8)
            .map_err(|problem| misfit(problem.to_string()))?;
        Ok(bytes)
    }
}

/// Draws each of `filters` (rows of the weights, from 0, in this order) as the input that excites
/// it most, `w_i / norm(w_i)` (Vincent et al. 2008, Fig. 3;
/// Equation 9 of docs/equations.md). A filter of zeros is mid-grey.
///
/// # Shapes
/// `weights`: `n_hidden x (shape.height * shape.width)`.
///
/// # Errors
/// [`Error::Shape`] when the weights are not pictures of `shape`, or a filter is not there;
/// [`Error::Setting`] for a setting out of range; [`Error::Data`] naming the first filter that
/// holds a NaN or an infinity.
pub fn filter_sheet(
    weights: View<'_>,
    filters: &[usize],
    shape: ImageShape,
    settings: SheetSettings,
) -> Result<Picture> {
    check_shape("filter sheet", weights, shape)?;
    if filters.is_empty() {
        return Err(Error::shape("filter sheet", "at least one filter to draw", "none"));
    }
    let mut inputs = Vec::with_capacity(filters.len()); // n_filters x n_inputs
    for &filter in filters {
        if filter >= weights.n_rows() {
            let expected = format!("filters 1 to {}", weights.n_rows());
            return Err(Error::shape("filter sheet", expected, format!("filter {}", filter + 1)));
        }
        inputs.push(maximising_input(weights.row(filter), filter)?);
    }
    let shared = match settings.scale {
        GreyScale::Shared => percentile_of_sizes(&inputs),
        GreyScale::PerFilter => None,
    };
    let n_columns = match settings.n_columns {
        Some(0) => return Err(Error::setting("n_columns", 0, "at least 1")),
        Some(n_columns) => n_columns.min(filters.len()),
        None => columns_for_screen(filters.len(), shape),
    };
    let mut sheet =
        Sheet::new(filters.len().div_ceil(n_columns), n_columns, shape, settings.enlarge)?;
    for (place, input) in inputs.iter().enumerate() {
        let most = shared.unwrap_or_else(|| input.iter().fold(0.0, |most, w| w.abs().max(most)));
        let tile: Vec<u8> = input.iter().map(|&weight| signed_grey(weight, most)).collect();
        sheet.put(place / n_columns, place % n_columns, &tile);
    }
    Ok(sheet.picture)
}

/// All filters (rows of the weights, from 0), the largest norm first: the busiest for a sheet that
/// has no room for all. Equal norms stay in order.
pub fn filters_by_norm(weights: View<'_>) -> Vec<usize> {
    let norms: Vec<f64> = (0..weights.n_rows()).map(|filter| norm(weights.row(filter))).collect();
    let mut filters: Vec<usize> = (0..norms.len()).collect();
    filters.sort_by(|&a, &b| norms[b].total_cmp(&norms[a]));
    filters
}

/// Draws rows of examples below each other, usually clean, corrupted and reconstructed: 0 is
/// black, 1 white, and values outside are clipped. Rows may differ in length.
///
/// # Shapes
/// Each of `rows`: any number of examples `x (shape.height * shape.width)`.
///
/// # Errors
/// [`Error::Shape`] when the examples are not pictures of `shape` or there are none;
/// [`Error::Setting`] for `enlarge` outside 1 to 64; [`Error::Data`] naming the first example that
/// holds a NaN.
pub fn strip(rows: &[View<'_>], shape: ImageShape, enlarge: Option<usize>) -> Result<Picture> {
    let n_columns = rows.iter().map(View::n_rows).max().unwrap_or(0);
    if n_columns == 0 {
        return Err(Error::shape("strip", "at least one example to draw", "none"));
    }
    for &row in rows {
        check_shape("strip", row, shape)?;
    }
    let mut sheet = Sheet::new(rows.len(), n_columns, shape, enlarge)?;
    for (place, examples) in rows.iter().enumerate() {
        for column in 0..examples.n_rows() {
            let example = examples.row(column);
            if let Some(component) = example.iter().position(|value| value.is_nan()) {
                let expected = format!("numbers in example {} of row {}", column + 1, place + 1);
                let hint = "fill missing values before drawing, or train the model again";
                return Err(not_drawable(expected, f32::NAN, component, hint.into()));
            }
            let tile: Vec<u8> =
                example.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
            sheet.put(place, column, &tile);
        }
    }
    Ok(sheet.picture)
}

/// Draws samples row by row on a sheet for a screen: the least value of `range` is black, the
/// greatest white.
///
/// # Shapes
/// `samples`: `n_samples x (shape.height * shape.width)`.
///
/// # Errors
/// As [`strip`].
pub fn sample_sheet(
    samples: View<'_>,
    shape: ImageShape,
    (least, greatest): (f32, f32),
) -> Result<Picture> {
    check_shape("sheet of samples", samples, shape)?;
    let span = (greatest - least).max(f32::MIN_POSITIVE);
    let greys = samples.values().iter().map(|value| (value - least) / span);
    let greys: Vec<f32> = greys.collect();
    let n_columns = columns_for_screen(samples.n_rows(), shape);
    let rows = greys
        .chunks(n_columns * samples.n_columns())
        .map(|row| View::new(row.len() / samples.n_columns(), samples.n_columns(), row));
    strip(&rows.collect::<Result<Vec<_>>>()?, shape, None)
}

fn check_shape(what: &str, values: View<'_>, shape: ImageShape) -> Result<()> {
    let n_components = shape.height.checked_mul(shape.width).filter(|&count| count > 0);
    if n_components == Some(values.n_columns()) {
        return Ok(());
    }
    let expected = format!("rows that are pictures of {} x {} pixels", shape.height, shape.width);
    Err(Error::shape(what, expected, format!("rows of {} components", values.n_columns())))
}

fn not_drawable(expected: String, found: f32, component: usize, hint: Hint) -> Error {
    Error::Data {
        path: "<memory>".into(),
        place: Place::whole(),
        expected,
        found: format!("{found} at component {}", component + 1),
        hint,
    }
}

fn maximising_input(weights: &[f32], filter: usize) -> Result<Vec<f32>> {
    if let Some(component) = weights.iter().position(|weight| !weight.is_finite()) {
        let expected = format!("finite weights in filter {}", filter + 1);
        let hint = Hint::from("the model diverged: train it again with a smaller learning rate (")
            .argument("rate")
            .text(")");
        return Err(not_drawable(expected, weights[component], component, hint));
    }
    let norm = norm(weights);
    if norm == 0.0 {
        return Ok(weights.to_vec());
    }
    Ok(weights.iter().map(|&weight| (f64::from(weight) / norm) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::sheet::GROUND;

    const PAIR: ImageShape = ImageShape { height: 1, width: 2 };
    const G: u8 = GROUND;

    fn small(scale: GreyScale) -> SheetSettings {
        SheetSettings { scale, n_columns: Some(2), enlarge: Some(1) }
    }

    #[test]
    fn a_sheet_holds_filters_over_their_norm_with_zero_in_the_middle() {
        // Norm 5: (0.6, -0.8). The second is silent, the third (1, 0).
        let weights = [3.0, -4.0, 0.0, 0.0, 7.0, 0.0];
        let view = View::new(3, 2, &weights).unwrap();
        let sheet = filter_sheet(view, &[0, 1, 2], PAIR, small(GreyScale::Shared)).unwrap();
        assert_eq!((sheet.width, sheet.height), (7, 5));
        // The silent filter does not count: the percentile is the largest size, 1.
        let (plus, minus) = (204, 26); // 128 + 127 * 0.6, 128 - 127 * 0.8
        #[rustfmt::skip]
        assert_eq!(sheet.pixels, [
            G, G, G, G, G, G, G,
            G, plus, minus, G, 128, 128, G,
            G, G, G, G, G, G, G,
            G, 255, 128, G, G, G, G,
            G, G, G, G, G, G, G,
        ]);
    }

    #[test]
    fn on_its_own_scale_each_filter_reaches_black_or_white() {
        let weights = [3.0, -4.0, 1e-30, 1e-30];
        let view = View::new(2, 2, &weights).unwrap();
        let sheet = filter_sheet(view, &[1, 0], PAIR, small(GreyScale::PerFilter)).unwrap();
        assert_eq!(sheet.pixels[7..14], [G, 255, 255, G, 223, 1, G]);
    }

    #[test]
    fn a_few_large_weights_do_not_turn_the_others_grey() {
        let mut weights = vec![0.01; 1000];
        weights[0] = 1.0;
        let view = View::new(1, 1000, &weights).unwrap();
        let shape = ImageShape { height: 1, width: 1000 };
        let settings = SheetSettings { enlarge: Some(1), ..SheetSettings::default() };
        let sheet = filter_sheet(view, &[0], shape, settings).unwrap();
        assert_eq!(sheet.pixels[1002 + 2], 255);
    }

    #[test]
    fn a_filter_with_one_weight_among_zeros_is_still_seen() {
        let mut weights = vec![0.0; 1000];
        weights[3] = -2.0;
        assert_eq!(percentile_of_sizes(&[weights]), Some(2.0));
        assert_eq!(percentile_of_sizes(&[vec![0.0; 4]]), None);
    }

    #[test]
    fn a_hundred_digits_filters_fit_a_screen_at_twice_their_size() {
        let digit = ImageShape { height: 28, width: 28 };
        let weights = vec![1.0; 100 * 784];
        let view = View::new(100, 784, &weights).unwrap();
        let all: Vec<usize> = (0..100).collect();
        let sheet = filter_sheet(view, &all, digit, SheetSettings::default()).unwrap();
        assert_eq!((sheet.width, sheet.height), (13 * 58 + 2, 8 * 58 + 2));
    }

    #[test]
    fn tiles_are_enlarged_by_whole_factors() {
        let rows = [View::new(1, 2, &[0.0, 1.0]).unwrap()];
        let picture = strip(&rows, PAIR, Some(2)).unwrap();
        assert_eq!((picture.width, picture.height), (8, 6));
        assert_eq!(picture.pixels[16..24], [G, G, 0, 0, 255, 255, G, G]);
        assert_eq!(picture.pixels[16..24], picture.pixels[24..32]);
    }

    #[test]
    fn a_strip_clips_and_leaves_short_rows_empty() {
        let rows = [
            View::new(2, 2, &[0.0, 1.0, 0.5, 0.25]).unwrap(),
            View::new(1, 2, &[-3.0, f32::INFINITY]).unwrap(),
        ];
        let picture = strip(&rows, PAIR, Some(1)).unwrap();
        assert_eq!(picture.pixels[7..14], [G, 0, 255, G, 128, 64, G]);
        assert_eq!(picture.pixels[21..28], [G, 0, 255, G, G, G, G]);
    }

    #[test]
    fn a_nan_is_named_and_never_drawn() {
        let weights = [1.0, 2.0, f32::NAN, 0.0];
        let view = View::new(2, 2, &weights).unwrap();
        let error = filter_sheet(view, &[0, 1], PAIR, SheetSettings::default()).unwrap_err();
        let text = "<memory>: expected finite weights in filter 2, found NaN at component 1";
        assert_eq!(error.to_string(), text);
        assert!(filter_sheet(view, &[0], PAIR, SheetSettings::default()).is_ok());
        let error = strip(&[view], PAIR, None).unwrap_err();
        assert!(error.to_string().contains("example 2 of row 1"), "{error}");
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let view = View::new(1, 3, &[1.0, 2.0, 3.0]).unwrap();
        let error = filter_sheet(view, &[0], PAIR, SheetSettings::default()).unwrap_err();
        let text = "filter sheet: expected rows that are pictures of 1 x 2 pixels, \
                    found rows of 3 components";
        assert_eq!(error.to_string(), text);
        let empty = ImageShape { height: 0, width: 0 };
        assert!(strip(&[View::new(1, 0, &[]).unwrap()], empty, None).is_err());
        let view = View::new(1, 2, &[1.0, 2.0]).unwrap();
        assert!(filter_sheet(view, &[1], PAIR, SheetSettings::default()).is_err());
        assert!(filter_sheet(view, &[], PAIR, SheetSettings::default()).is_err());
        assert!(strip(&[], PAIR, None).is_err());
        assert!(strip(&[view], PAIR, Some(0)).is_err());
        let none = SheetSettings { n_columns: Some(0), ..SheetSettings::default() };
        assert!(filter_sheet(view, &[0], PAIR, none).is_err());
    }

    #[test]
    fn the_largest_filters_come_first() {
        let view = View::new(4, 1, &[1.0, -3.0, 3.0, 2.0]).unwrap();
        assert_eq!(filters_by_norm(view), [1, 2, 3, 0]);
    }

    #[test]
    fn a_png_gives_its_pixels_back() {
        let picture = Picture { width: 3, height: 2, pixels: vec![0, 50, 100, 150, 200, 255] };
        let bytes = picture.png().unwrap();
        assert_eq!(bytes, picture.png().unwrap());
        let read = image::load_from_memory(&bytes).unwrap().into_luma8();
        assert_eq!((read.width(), read.height()), (3, 2));
        assert_eq!(read.into_raw(), picture.pixels);
        assert!(Picture { width: 2, ..picture }.png().is_err());
        assert!(Picture { width: 0, height: 0, pixels: vec![] }.png().is_err());
    }
}
