//! A folder of PNG or JPEG pictures of one size: grey or colour, with a folder for each class, or
//! without classes; and with folders `train`, `valid` and `test` of such, or without.

use crate::dataset::{Dataset, ImageShape, Origin, Splits};
use crate::error::{Error, Place, Result};
use crate::schema::Schema;
use crate::spill::{RowBuffer, Streaming};
use image::{ColorType, DynamicImage, ImageDecoder, ImageReader, Limits};
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

const FORMAT: &str = "picture";

/// Endings of pictures that are read, and of others, which are not passed over in silence.
const READ: &[&str] = &["png", "jpg", "jpeg"];
const OTHERS: &[&str] = &["gif", "bmp", "tif", "tiff", "webp", "avif", "heic", "pgm", "ppm"];

/// Greatest height and width.
const MOST_PIXELS: u32 = 20_000;
/// Most memory that decoding one picture may take, in bytes.
const MOST_DECODED: u64 = 1 << 30;
/// Levels of 16 bits for each of 8 bits.
const LEVELS: f32 = 257.0;

/// Names of the folders of each part.
const TRAIN: &[&str] = &["train"];
const VALID: &[&str] = &["valid", "val"];
const TEST: &[&str] = &["test"];

/// Whether a folder has pictures, or folders of pictures.
///
/// # Errors
/// [`Error::File`].
pub(super) fn holds(path: &Path) -> Result<bool> {
    let (files, folders) = entries(path)?;
    if files.iter().any(|file| is_picture(file)) {
        return Ok(true);
    }
    for folder in folders {
        let (files, inner) = entries(&folder)?;
        if files.iter().any(|file| is_picture(file)) {
            return Ok(true);
        }
        for folder in inner {
            if entries(&folder)?.0.iter().any(|file| is_picture(file)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Reads the pictures of a folder, sorted by the names of their folders and files. Grey pictures keep
/// their shape. Where one of them has colours, each row has red, green and blue of pixel after
/// pixel. Cells are bytes, or, where a picture has 16 bits, numbers from 0 to 255 as well. Hidden
/// files, and those that are no pictures by their names, are passed over.
///
/// # Errors
/// [`Error::Data`] for a picture of another size than the first, with transparent pixels, or of
/// another format, and for folders that are empty, too deep, or next to pictures; [`Error::Format`]
/// for one that cannot be decoded; [`Error::File`].
pub(super) fn read(path: &Path, streaming: &Streaming) -> Result<Splits> {
    let (files, folders) = entries(path)?;
    let of = |words: &[&str]| {
        folders.iter().find(|folder| words.iter().any(|word| folder.ends_with(word)))
    };
    let Some(train) = of(TRAIN).filter(|_| !files.iter().any(|file| is_picture(file))) else {
        let set = Set::find(path)?;
        let train = set.read(&set.kind()?, path, streaming)?;
        return Ok(Splits { train, valid: None, test: None });
    };
    let known = [TRAIN, VALID, TEST].concat();
    let is_known = |folder: &&PathBuf| !known.iter().any(|word| folder.ends_with(word));
    if let Some(other) = folders.iter().find(is_known) {
        let expected = "folders train, valid and test only, or one for each class";
        let hint = "move the others out of the folder";
        return Err(Error::data(path, Place::whole(), expected, other.display(), hint));
    }
    let parts = [Some(train), of(VALID), of(TEST)];
    let sets = parts.map(|part| part.map(|part| Set::find(part)).transpose());
    let [train, valid, test] = sets;
    let (train, valid, test) = (train?, valid?, test?);
    let Some(train) = train else { return Err(none(path)) };
    let mut kind = train.kind()?;
    for set in [&valid, &test].into_iter().flatten() {
        kind = kind.with(&set.kind()?, &set.files[0].1)?;
    }
    let read = |set: Option<Set>, part: Option<&PathBuf>| match (set, part) {
        (Some(set), Some(part)) => set.read(&kind, part, streaming).map(Some),
        _ => Ok(None),
    };
    let (valid, test) = (read(valid, parts[1])?, read(test, parts[2])?);
    let train = train.read(&kind, parts[0].map_or(path, PathBuf::as_path), streaming)?;
    Ok(Splits { train, valid, test })
}

/// The files and folders in a folder that are not hidden, each sorted.
fn entries(path: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(path).map_err(Error::file(path, "list"))? {
        let path = entry.map_err(Error::file(path, "list"))?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        match is_hidden {
            true => {}
            false if path.is_dir() => folders.push(path),
            false => files.push(path),
        }
    }
    files.sort();
    folders.sort();
    Ok((files, folders))
}

fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

fn is_picture(path: &Path) -> bool {
    has_ending(path, READ)
}

/// The pictures of one part.
struct Set {
    /// Each with the place of its class.
    files: Vec<(u32, PathBuf)>,
    classes: Option<Vec<String>>,
}

impl Set {
    fn find(path: &Path) -> Result<Self> {
        let (files, folders) = entries(path)?;
        let own = pictures(&files)?;
        if folders.is_empty() {
            if own.is_empty() {
                return Err(none(path));
            }
            let files = own.into_iter().map(|file| (0, file)).collect();
            return Ok(Self { files, classes: None });
        }
        if let [first, ..] = &own[..] {
            let found = format!("{} next to {}", first.display(), folders[0].display());
            let expected = "pictures, or a folder of them for each class";
            let hint = "move one or the other out of the folder";
            return Err(Error::data(path, Place::whole(), expected, found, hint));
        }
        let (mut files, mut classes) = (Vec::new(), Vec::new());
        for (class, folder) in (0..).zip(folders) {
            let (found, inner) = entries(&folder)?;
            if let Some(inner) = inner.first() {
                let expected = "pictures of one class";
                let hint = "put them into its folder";
                return Err(Error::data(&folder, Place::whole(), expected, inner.display(), hint));
            }
            let found = pictures(&found)?;
            if found.is_empty() {
                return Err(none(&folder));
            }
            files.extend(found.into_iter().map(|file| (class, file)));
            classes.push(folder.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
        Ok(Self { files, classes: Some(classes) })
    }

    /// What all pictures of it are.
    fn kind(&self) -> Result<Kind> {
        let mut kind: Option<Kind> = None;
        for (_, path) in &self.files {
            let found = Kind::of(path)?;
            kind = Some(match kind {
                None => found,
                Some(kind) => kind.with(&found, path)?,
            });
        }
        kind.ok_or_else(|| none(Path::new("")))
    }

    fn read(&self, kind: &Kind, path: &Path, streaming: &Streaming) -> Result<Dataset> {
        let n_columns = kind.n_columns();
        let mut buffer = RowBuffer::new(path, None, streaming);
        buffer.expect(self.files.len().saturating_mul(n_columns), !kind.is_deep)?;
        for ((_, path), row) in self.files.iter().zip(1..) {
            kind.read(path, &mut buffer)?;
            buffer.settle(row)?;
        }
        let n_rows = self.files.len();
        let (cells, _) = buffer.finish(n_rows, n_columns)?;
        let examples = Dataset::from_storage(cells, n_rows, Schema::new(n_columns));
        let examples = examples.with_origin(Origin::new(path));
        let examples = match kind.has_colour {
            true => examples,
            false => examples.with_image(ImageShape { height: kind.height, width: kind.width })?,
        };
        match &self.classes {
            Some(names) => {
                let codes = self.files.iter().map(|(class, _)| *class).collect();
                examples.with_classes(codes, Some(names.clone()))
            }
            None => Ok(examples),
        }
    }
}

/// The pictures among the files of a folder.
fn pictures(files: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if let Some(other) = files.iter().find(|file| has_ending(file, OTHERS)) {
        let hint = "save it as PNG, or move it out of the folder";
        let found = "one of another format";
        return Err(Error::data(other, Place::whole(), "a PNG or JPEG picture", found, hint));
    }
    Ok(files.iter().filter(|file| is_picture(file)).cloned().collect())
}

fn none(path: &Path) -> Error {
    let hint = "remove the folder, or put pictures into it";
    Error::data(path, Place::whole(), "pictures, PNG or JPEG", "none", hint)
}

/// What pictures have in common.
#[derive(Debug, Clone)]
struct Kind {
    first: PathBuf,
    height: usize,
    width: usize,
    has_colour: bool,
    /// Whether there are 16 bits.
    is_deep: bool,
}

impl Kind {
    /// What the head of a picture says.
    fn of(path: &Path) -> Result<Self> {
        let decoder = open(path)?.into_decoder().map_err(|error| undecodable(path, &error))?;
        let ((width, height), colour) = (decoder.dimensions(), decoder.color_type());
        Ok(Self {
            first: path.to_path_buf(),
            height: height as usize,
            width: width as usize,
            has_colour: colour.has_color(),
            is_deep: is_deep(colour),
        })
    }

    /// Both, where they have one size; `path` is that of the other.
    fn with(self, other: &Self, path: &Path) -> Result<Self> {
        if (self.height, self.width) != (other.height, other.width) {
            let size = |of: &Self| format!("{} x {} pixels", of.height, of.width);
            let expected = format!("{}, as {} has", size(&self), self.first.display());
            let hint = "make all pictures the same size (height x width), or move it out of the \
                        folder";
            return Err(Error::data(path, Place::whole(), expected, size(other), hint));
        }
        let (has_colour, is_deep) =
            (self.has_colour || other.has_colour, self.is_deep || other.is_deep);
        Ok(Self { has_colour, is_deep, ..self })
    }

    fn n_columns(&self) -> usize {
        self.height * self.width * if self.has_colour { 3 } else { 1 }
    }

    /// Appends the cells of a picture.
    fn read(&self, path: &Path, buffer: &mut RowBuffer) -> Result<()> {
        let decoder = open(path)?.into_decoder().map_err(|error| undecodable(path, &error))?;
        if decoder.total_bytes() > MOST_DECODED {
            let what = format!("decoding {}", path.display());
            let (needed_bytes, limit_bytes) = (decoder.total_bytes(), MOST_DECODED);
            return Err(Error::Memory { what, needed_bytes, limit_bytes });
        }
        let picture = DynamicImage::from_decoder(decoder);
        let picture = picture.map_err(|error| undecodable(path, &error))?;
        let again = Self { first: path.to_path_buf(), ..self.clone() };
        let size = (picture.height() as usize, picture.width() as usize);
        again.with(&Self { height: size.0, width: size.1, ..self.clone() }, path)?;
        if picture.color().has_alpha() && !is_opaque(&picture) {
            let hint = "lay it on a background and save it without transparency";
            let found = "transparent ones";
            return Err(Error::data(path, Place::whole(), "pixels that are opaque", found, hint));
        }
        let scaled =
            |levels: &[u16]| levels.iter().map(|level| f32::from(*level) / LEVELS).collect();
        let cells: Vec<f32> = match (self.is_deep, self.has_colour) {
            (false, false) => {
                buffer.bytes.extend_from_slice(picture.into_luma8().as_raw());
                return Ok(());
            }
            (false, true) => {
                buffer.bytes.extend_from_slice(picture.into_rgb8().as_raw());
                return Ok(());
            }
            (true, false) => scaled(picture.into_luma16().as_raw()),
            (true, true) => scaled(picture.into_rgb16().as_raw()),
        };
        buffer.append(&cells);
        Ok(())
    }
}

fn is_deep(colour: ColorType) -> bool {
    colour.bytes_per_pixel() > colour.channel_count()
}

fn is_opaque(picture: &DynamicImage) -> bool {
    picture.to_rgba8().pixels().all(|pixel| pixel.0[3] == u8::MAX)
}

/// A picture, whose content says of which format it is.
fn open(path: &Path) -> Result<ImageReader<BufReader<File>>> {
    let file = File::open(path).map_err(Error::file(path, "open"))?;
    let reader = ImageReader::new(BufReader::new(file)).with_guessed_format();
    let mut reader = reader.map_err(Error::file(path, "read"))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MOST_PIXELS);
    limits.max_image_height = Some(MOST_PIXELS);
    limits.max_alloc = Some(MOST_DECODED);
    reader.limits(limits);
    Ok(reader)
}

fn undecodable(path: &Path, error: &image::ImageError) -> Error {
    let expected =
        format!("a whole PNG or JPEG picture of at most {MOST_PIXELS} x {MOST_PIXELS} pixels");
    Error::format(path, FORMAT, expected, error, "copy it again, or move it out of the folder")
}
