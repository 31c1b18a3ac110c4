//! Folders of PNG and JPEG pictures: what is read, in which order, and what wrong ones get.

use crate::given::assert_says;
use image::{DynamicImage, GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;
use unsmudge::dataset::{Dataset, ImageShape, Splits, Targets};
use unsmudge::error::Error;
use unsmudge::read::{Columns, read_folder};
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// A grey picture of 3 x 2 pixels that begins with `first`.
    fn grey(&self, name: &str, first: u8) {
        let pixels = vec![first, 1, 2, 3, 4, 5];
        GrayImage::from_raw(2, 3, pixels).unwrap().save(self.path(name)).unwrap();
    }

    fn save(&self, name: &str, picture: impl Into<DynamicImage>) {
        picture.into().save(self.path(name)).unwrap();
    }

    fn read(&self) -> unsmudge::Result<Splits> {
        read_folder(self.0.path(), &Streaming::NEVER)
    }

    #[track_caller]
    fn refused(&self, place: &str, words: &[&str]) {
        let error = self.read().map(|splits| splits.train.n_rows()).unwrap_err();
        let path = if place.is_empty() { self.0.path().into() } else { self.path(place) };
        assert_says(&error, &path, words);
    }
}

fn cells(rows: &Dataset) -> Vec<f32> {
    let mut cells = vec![0.0; rows.n_rows() * rows.n_columns()];
    rows.copy_rows(0, &mut cells).unwrap();
    cells
}

#[test]
fn pictures_are_rows_in_the_order_of_their_names_whatever_else_is_there() {
    let folder = Folder::new();
    folder.grey("b.png", 20);
    folder.grey("a.PNG", 10);
    folder.save("c.jpg", GrayImage::from_pixel(2, 3, Luma([30])));
    for name in [".hidden.png", "Thumbs.db", ".DS_Store", "notes.txt"] {
        fs::write(folder.path(name), "no picture").unwrap();
    }
    let splits = folder.read().unwrap();
    let train = &splits.train;
    assert_eq!(train.image(), Some(ImageShape { height: 3, width: 2 }));
    assert!(train.is_bytes() && train.classes().is_none() && splits.test.is_none());
    assert_eq!(cells(train)[..8], [10.0, 1.0, 2.0, 3.0, 4.0, 5.0, 20.0, 1.0]);
    assert_eq!(cells(train)[12], 30.0);
    // On disk they are the same.
    let cache = tempfile::tempdir().unwrap();
    let streaming = Streaming::through(cache.path(), true, &|_, _| Ok(()));
    let streamed = read_folder(folder.0.path(), &streaming).unwrap().train;
    assert_eq!(cells(&streamed), cells(train));
}

#[test]
fn folders_are_classes_and_parts_and_held_out_pictures_are_of_all_classes() {
    let folder = Folder::new();
    for i in 0..10 {
        folder.grey(&format!("zebra/{i}.png"), i);
        folder.grey(&format!("ant/{i}.png"), 100 + i);
    }
    let train = folder.read().unwrap().train;
    let Targets::Classes { codes, names: Some(names) } = train.targets() else { panic!() };
    assert_eq!((&names[..], codes[0], codes[19]), (&["ant".to_string(), "zebra".into()][..], 0, 1));
    let mut data = DataSettings::of(folder.0.path());
    data.labels = Some(Columns::Own);
    let splits = data.load(&Streaming::NEVER).unwrap();
    let valid = splits.valid.unwrap();
    let mut codes = valid.classes().unwrap().to_vec();
    codes.sort_unstable();
    assert_eq!(codes, [0, 1]);

    let parts = Folder::new();
    for name in ["train/a/1.png", "train/b/1.png", "val/a/2.png", "test/b/3.png"] {
        parts.grey(name, 7);
    }
    let splits = parts.read().unwrap();
    let rows = |part: Option<Dataset>| part.map(|part| part.n_rows());
    assert_eq!(
        (splits.train.n_rows(), rows(splits.valid), rows(splits.test)),
        (2, Some(1), Some(1))
    );
    parts.grey("other/4.png", 7);
    parts.refused("", &["folders train, valid and test only", "other"]);
}

#[test]
fn colours_sixteen_bits_and_opaque_alpha_are_read_on_one_scale() {
    let folder = Folder::new();
    folder.save("a.png", ImageBuffer::from_pixel(1, 2, Rgb([1_u8, 2, 3])));
    folder.save("b.png", GrayImage::from_pixel(1, 2, Luma([9])));
    folder.save("c.png", ImageBuffer::from_pixel(1, 2, Rgba([4_u8, 5, 6, 255])));
    let train = folder.read().unwrap().train;
    assert_eq!((train.n_columns(), train.image(), train.is_bytes()), (6, None, true));
    let row = |cells: [f32; 3]| [cells, cells].concat();
    let all = [row([1.0, 2.0, 3.0]), row([9.0; 3]), row([4.0, 5.0, 6.0])].concat();
    assert_eq!(cells(&train), all);

    let deep = Folder::new();
    deep.save("a.png", ImageBuffer::from_pixel(1, 1, Luma([257_u16 * 3 + 128])));
    deep.save("b.png", ImageBuffer::from_pixel(1, 1, LumaA([200_u8, 255])));
    let train = deep.read().unwrap().train;
    assert!((cells(&train)[0] - 3.498).abs() < 1e-3 && cells(&train)[1] == 200.0);
    deep.save("c.png", ImageBuffer::from_pixel(1, 1, LumaA([200_u8, 254])));
    deep.refused("c.png", &["pixels that are opaque", "transparent"]);
}

#[test]
fn what_cannot_be_read_is_named_with_what_to_do() {
    let folder = Folder::new();
    folder.grey("a.png", 1);
    folder.save("b.png", GrayImage::from_pixel(3, 3, Luma([1])));
    folder.refused("b.png", &["expected 3 x 2 pixels, as", "a.png has, found 3 x 3 pixels"]);
    let whole = fs::read(folder.path("a.png")).unwrap();
    for bytes in [&whole[..whole.len() / 2], &whole[..10], b"", b"no picture"] {
        fs::write(folder.path("b.png"), bytes).unwrap();
        folder.refused("b.png", &["a whole PNG or JPEG picture"]);
    }
    // A head that claims the greatest picture allocates nothing for it.
    let mut claim = whole.clone();
    claim[16..24].copy_from_slice(&[0, 0, 0x4e, 0x20, 0, 0, 0x4e, 0x20]);
    fs::write(folder.path("b.png"), claim).unwrap();
    folder.refused("b.png", &[]);
    fs::remove_file(folder.path("b.png")).unwrap();
    fs::write(folder.path("c.gif"), "GIF89a").unwrap();
    folder.refused("c.gif", &["a PNG or JPEG picture", "another format"]);
    fs::remove_file(folder.path("c.gif")).unwrap();
    folder.grey("class/a.png", 1);
    folder.refused("", &["a folder of them for each class", "next to"]);

    let classes = Folder::new();
    classes.grey("a/1.png", 1);
    fs::create_dir(classes.path("b")).unwrap();
    classes.refused("b", &["pictures, PNG or JPEG", "found none"]);
    classes.grey("b/deep/1.png", 1);
    classes.refused("b", &["pictures of one class", "deep"]);
    fs::remove_dir_all(classes.path("b")).unwrap();
    // A class with one picture is one class.
    let mut data = DataSettings::of(classes.0.path());
    data.labels = Some(Columns::Own);
    let error = data.load(&Streaming::NEVER).unwrap_err();
    assert!(matches!(error, Error::Data { .. }), "{error}");
}
