//! Grey photographs and the patches cut from them.

use crate::problem::{N_PIXELS, SIDE};
use std::fs;
use std::io::Cursor;
use std::path::Path;
use unsmudge::error::{Error, Place, Result};
use unsmudge::random::Stream;
use unsmudge::storage::read_whole;

/// Least standard deviation of a patch's pixels, of 255; patches below it are drawn again. Clear
/// sky and blurred walls are below, nearly all else is above.
pub const LEAST_DEVIATION: f64 = 16.0;

/// Source of the backgrounds.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Textures {
    /// Twenty pictures of overlapping leaves drawn from the seed, as rich in scales as photographs.
    #[default]
    Drawn,
    /// Photographs, see [`read_photos`].
    Photos(Vec<Photo>),
}

/// A grey photograph of 28 x 28 pixels at least.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    height: usize,
    width: usize,
    pixels: Vec<u8>, // height x width
}

/// Largest file that is read as a photograph, in bytes.
const FILE_LIMIT: u64 = 256 << 20;
/// Largest height and width of a photograph.
const SIDE_LIMIT: u32 = 20_000;
/// Most memory that decoding one photograph may take, in bytes.
const DECODED_LIMIT: u64 = 1 << 30;
/// Draws after which the photographs count as having no patch that varies enough.
const MOST_DRAWS: u32 = 10_000;

impl Photo {
    /// From grey pixels, row by row.
    ///
    /// # Errors
    /// [`Error::Shape`] for sides below 28, or a number of pixels that is not their product.
    pub fn new(height: usize, width: usize, pixels: Vec<u8>) -> Result<Self> {
        if height < SIDE || width < SIDE {
            let found = format!("{height} x {width}");
            return Err(Error::shape("photograph", "28 x 28 pixels at least", found));
        }
        if height.checked_mul(width) != Some(pixels.len()) {
            let expected = format!("{height} x {width} pixels");
            return Err(Error::shape("photograph", expected, format!("{} pixels", pixels.len())));
        }
        Ok(Self { height, width, pixels })
    }

    /// Rows of pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Pixels in a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

/// Reads all .png, .jpg and .jpeg files of a folder as grey photographs, in the order of their
/// names. Files with other endings, and those whose names start with a dot, are ignored.
///
/// # Errors
/// [`Error::File`] for what cannot be read, [`Error::Format`] for a file that is no picture or
/// smaller than 28 x 28, [`Error::Data`] for a folder without photographs.
pub fn read_photos(folder: &Path) -> Result<Vec<Photo>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder, "read"))? {
        let path = entry.map_err(Error::file(folder, "read"))?.path();
        if is_photo(&path) {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(Error::Data {
            path: folder.to_path_buf(),
            place: Place::whole(),
            expected: "photographs (.png, .jpg, .jpeg)".into(),
            found: "none".into(),
            hint: "name a folder with photographs, or let the textures be drawn".into(),
        });
    }
    paths.sort(); // independent of the file system's order
    paths.iter().map(|path| read_photo(path)).collect()
}

fn is_photo(path: &Path) -> bool {
    let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    !hidden && ending.is_some_and(|ending| ["png", "jpg", "jpeg"].iter().any(|&e| ending == e))
}

fn read_photo(path: &Path) -> Result<Photo> {
    let wrong = |found: String| Error::Format {
        path: path.to_path_buf(),
        format: "photograph",
        expected: format!("a PNG or JPEG picture, 28 x 28 to {SIDE_LIMIT} x {SIDE_LIMIT} pixels"),
        found,
        hint: "repair it, or move it to another folder".into(),
    };
    let bytes = read_whole(path, FILE_LIMIT)?;
    let mut limits = image::Limits::default();
    limits.max_image_width = Some(SIDE_LIMIT);
    limits.max_image_height = Some(SIDE_LIMIT);
    limits.max_alloc = Some(DECODED_LIMIT);
    let mut reader = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(Error::file(path, "read"))?;
    reader.limits(limits);
    let grey = reader.decode().map_err(|error| wrong(error.to_string()))?.into_luma8();
    let (height, width) = (grey.height() as usize, grey.width() as usize);
    Photo::new(height, width, grey.into_raw()).map_err(|_| wrong(format!("{height} x {width}")))
}

/// A patch of 28 x 28 pixels, uniform over photographs and places, drawn again until it varies
/// enough.
pub fn patch<'a>(
    photos: &'a [Photo],
    stream: &mut Stream,
) -> Result<impl Iterator<Item = u8> + use<'a>> {
    for _ in 0..MOST_DRAWS {
        if photos.is_empty() {
            break;
        }
        let photo = &photos[stream.whole(0, photos.len() as u32 - 1) as usize];
        let top = stream.whole(0, (photo.height - SIDE) as u32) as usize;
        let left = stream.whole(0, (photo.width - SIDE) as u32) as usize;
        let row = move |y: usize| &photo.pixels[(top + y) * photo.width + left..][..SIDE];
        let patch = (0..SIDE).flat_map(move |y| row(y).iter().copied());
        if deviation(patch.clone()) >= LEAST_DEVIATION {
            return Ok(patch);
        }
    }
    Err(Error::Data {
        path: "<photographs>".into(),
        place: Place::whole(),
        expected: format!("patches with a standard deviation of {LEAST_DEVIATION} of 255"),
        found: format!("none in {MOST_DRAWS} draws from {} photographs", photos.len()),
        hint: "add photographs that show more, or let the textures be drawn".into(),
    })
}

fn deviation(patch: impl Iterator<Item = u8>) -> f64 {
    let add = |(sum, squares), pixel| {
        let pixel = u32::from(pixel);
        (sum + pixel, squares + pixel * pixel)
    };
    let (sum, squares): (u32, u32) = patch.fold((0, 0), add);
    let n = N_PIXELS as f64;
    let mean = f64::from(sum) / n;
    (f64::from(squares) / n - mean * mean).max(0.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsmudge::random::{Key, Purpose};

    /// Left half flat; on the right every pixel differs from its neighbours.
    fn half_flat() -> Photo {
        let pixel = |i: usize| if i % 80 < 40 { 9 } else { (i * 37 % 256) as u8 };
        Photo::new(80, 80, (0..6_400).map(pixel).collect()).unwrap()
    }

    #[test]
    fn every_patch_is_cut_from_the_photograph_and_varies_enough() {
        let photos = [half_flat()];
        let mut stream = Key::new(1, Purpose::Problem).stream();
        for _ in 0..200 {
            let cut: Vec<u8> = patch(&photos, &mut stream).unwrap().collect();
            assert_eq!(cut.len(), N_PIXELS);
            assert!(deviation(cut.iter().copied()) >= LEAST_DEVIATION);
            let is_at = |place: usize| {
                let row = |y: usize| &photos[0].pixels[place + y * 80..][..SIDE];
                (0..SIDE).all(|y| *row(y) == cut[y * SIDE..][..SIDE])
            };
            assert!((0..=52 * 80 + 52).any(is_at));
        }
    }

    #[test]
    fn flat_photographs_are_an_error_not_an_endless_search() {
        let flat = Photo::new(28, 28, vec![7; N_PIXELS]).unwrap();
        let mut stream = Key::new(1, Purpose::Problem).stream();
        let error = patch(&[flat], &mut stream).err().unwrap().to_string();
        assert!(error.contains("found none in 10000 draws from 1 photographs"), "{error}");
        assert!(patch(&[], &mut stream).is_err());
        assert!(Photo::new(27, 28, vec![0; 27 * 28]).is_err());
        assert!(Photo::new(28, 28, vec![0; 5]).is_err());
    }
}
