//! Tables whose columns have types, Parquet and Arrow IPC: what is read equals what the same cells as
//! CSV give, copies keep what is not filled, and damaged files are refused.

use crate::given::{Given, assert_says, given, gzip, refused};
use arrow_array::types::UInt8Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray,
    StringViewArray, TimestampMicrosecondArray, UInt8Array,
};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use std::path::Path;
use std::sync::Arc;
use unsmudge::dataset::{Dataset, Shard, Targets};
use unsmudge::error::{Action, Wording};
use unsmudge::matrix::Matrix;
use unsmudge::read::{self, Columns, Fill, Filled, Role};
use unsmudge::source::DataSettings;
use unsmudge::spill::Streaming;
use unsmudge::table::TableSettings;

const FORMATS: [&str; 3] = ["parquet", "arrow", "stream"];

fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, of)| (name, of, true)))
        .unwrap()
}

/// One of each type.
fn mixed() -> RecordBatch {
    let keys = UInt8Array::from(vec![Some(1), Some(0), None, Some(1)]);
    let levels: ArrayRef = Arc::new(StringArray::from(vec!["blue", "red"]));
    let colour = DictionaryArray::<UInt8Type>::try_new(keys, levels).unwrap();
    let at = vec![Some(1_500_000), None, Some(86_400_000_000), Some(0)];
    let at = TimestampMicrosecondArray::from(at).with_timezone("UTC");
    let price = Decimal128Array::from(vec![Some(150), Some(-25), None, Some(0)]);
    table(vec![
        ("n", Arc::new(Int64Array::from(vec![Some(5), None, Some(-3), Some(9)]))),
        ("x", Arc::new(Float64Array::from(vec![Some(0.1), Some(f64::NAN), None, Some(2.5)]))),
        ("y", Arc::new(Float32Array::from(vec![0.1, 0.2, -1e-3, 4.0]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true)]))),
        ("word", Arc::new(StringArray::from(vec![Some("a"), Some("b"), Some("?"), Some("a")]))),
        ("long", Arc::new(LargeStringArray::from(vec!["c", "c", "d", "d"]))),
        ("view", Arc::new(StringViewArray::from(vec!["1.5", "2", "3", "4"]))),
        ("colour", Arc::new(colour)),
        ("day", Arc::new(Date32Array::from(vec![Some(0), Some(11_017), None, Some(-1)]))),
        ("at", Arc::new(at)),
        ("price", Arc::new(price.with_precision_and_scale(9, 2).unwrap())),
    ])
}

const AS_CSV: &str = "n,x,y,flag,word,long,view,colour,day,at,price
5,0.1,0.1,true,a,c,1.5,red,1970-01-01,1970-01-01 00:00:01.5,1.5
,,0.2,false,b,c,2,blue,2000-03-01,,-0.25
-3,,-0.001,,?,d,3,,,1970-01-02 00:00:00,
9,2.5,4.0,true,a,d,4,red,1969-12-31,1970-01-01 00:00:00,0
";

/// The bytes of a file.
fn written(format: &str, rows: &RecordBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    match format {
        "parquet" => {
            let notes = vec![KeyValue::new("by".to_string(), "hand".to_string())];
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(ZstdLevel::default()))
                .set_key_value_metadata(Some(notes))
                .set_max_row_group_row_count(Some(3000))
                .build();
            let mut writer =
                ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties)).unwrap();
            writer.write(rows).unwrap();
            writer.close().unwrap();
        }
        "arrow" => {
            let options = IpcWriteOptions::default()
                .try_with_compression(Some(arrow_ipc::CompressionType::LZ4_FRAME))
                .unwrap();
            let schema = rows.schema();
            let mut writer =
                FileWriter::try_new_with_options(&mut bytes, &schema, options).unwrap();
            writer.write(rows).unwrap();
            writer.finish().unwrap();
        }
        _ => {
            let mut writer = StreamWriter::try_new(&mut bytes, &rows.schema()).unwrap();
            writer.write(rows).unwrap();
            writer.finish().unwrap();
        }
    }
    bytes
}

fn read_back(path: &Path) -> RecordBatch {
    let file = std::fs::File::open(path).unwrap();
    let start = std::fs::read(path).unwrap();
    let mut batches: Vec<RecordBatch> = if start.starts_with(b"PAR1") {
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        reader.with_batch_size(100_000).build().unwrap().map(Result::unwrap).collect()
    } else if start.starts_with(b"ARROW1") {
        FileReader::try_new(file, None).unwrap().map(Result::unwrap).collect()
    } else {
        StreamReader::try_new(file, None).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(batches.len(), 1);
    batches.remove(0)
}

fn cells(rows: &Dataset) -> Vec<u32> {
    let mut cells = vec![0.0; rows.n_rows() * rows.n_columns()];
    rows.copy_rows(0, &mut cells).unwrap();
    // NaN is equal to itself then.
    cells.into_iter().map(f32::to_bits).collect()
}

#[test]
fn each_type_is_read_as_the_same_cells_of_a_text() {
    let text = given("table.csv", AS_CSV);
    let expected = read::read(&text.path).unwrap();
    let settings = TableSettings::default();
    let described = read::describe(&text.path, Role::Inputs, &settings).unwrap();
    for format in FORMATS {
        let file = given("table", written(format, &mixed()));
        let rows = read::read(&file.path).unwrap();
        assert_eq!(rows.schema(), expected.schema(), "{format}");
        assert_eq!(cells(&rows), cells(&expected), "{format}");
        let found = read::describe(&file.path, Role::Inputs, &settings).unwrap();
        assert_eq!(found.columns, described.columns, "{format}");
        assert_eq!((found.separator, found.n_rows), (None, 4), "{format}");
        let line = found.line();
        assert!(line.starts_with("table, typed columns, 11 columns: 5 numbers"), "{line}");
        assert!(!found.schema_text().unwrap().contains("separator"));
    }
}

#[test]
fn cells_are_shown_as_a_text_would_write_them() {
    let settings = TableSettings::default();
    for format in FORMATS {
        let file = given("table", written(format, &mixed()));
        let rows = read::read(&file.path).unwrap();
        let found = read::written(&file.path, &settings, rows.schema()).unwrap();
        let mut last = Vec::new();
        found
            .each_row(|_, texts| {
                last = texts.to_vec();
                Ok(())
            })
            .unwrap();
        let expected = [
            "9",
            "2.5",
            "4",
            "true",
            "a",
            "d",
            "4",
            "red",
            "1969-12-31",
            "1970-01-01 00:00:00",
            "0",
        ];
        assert_eq!(last, expected, "{format}");
        assert_eq!([found.text(0, 6.5), found.text(1, 6.5), found.text(4, 1.0)], ["6", "6.5", "b"]);
    }
}

#[test]
fn classes_are_texts_and_numbers_to_predict_are_read() {
    let file = given("table", written("parquet", &mixed()));
    let data =
        DataSettings { labels: Some("long".parse().unwrap()), ..DataSettings::of(&file.path) };
    let rows = data.load_part(None, None, &Streaming::NEVER).unwrap();
    let Targets::Classes { codes, names: Some(names) } = rows.targets() else { panic!() };
    assert_eq!((&codes[..], &names[..]), (&[0, 0, 1, 1][..], &["c".to_string(), "d".into()][..]));
    let targets: Columns = "y".parse().unwrap();
    let rows = read::read_as(&file.path, Role::Numbers(&targets)).unwrap();
    assert_eq!(rows.values().unwrap().values(), [0.1, 0.2, -1e-3, 4.0]);
    let missing = read::read_as(&file.path, Role::Labels(&"n".parse().unwrap())).unwrap_err();
    assert_says(&missing, &file.path, &["row 2", "column \"n\"", "a missing one"]);
}

/// 10,000 rows, read in several batches.
fn many() -> RecordBatch {
    let values = (0..10_000).map(|i| f64::from(i) / 7.0 + 3e9);
    let words = (0..10_000).map(|i| ["no", "yes", "so so"][i % 3]);
    let missing = (0..10_000).map(|i| (i % 9 > 0).then_some(i));
    table(vec![
        ("large", Arc::new(Float64Array::from_iter_values(values))),
        ("word", Arc::new(StringArray::from_iter_values(words))),
        ("n", Arc::new(Int32Array::from_iter(missing))),
    ])
}

#[test]
fn many_rows_are_the_same_in_memory_and_on_disk() {
    let text: String = (0..10_000)
        .map(|i: i32| {
            let n = if i % 9 > 0 { i.to_string() } else { String::new() };
            format!("{},{},{n}\n", f64::from(i) / 7.0 + 3e9, ["no", "yes", "so so"][i as usize % 3])
        })
        .collect();
    let text = given("table.csv", format!("large,word,n\n{text}"));
    let expected = read::read(&text.path).unwrap();
    for format in FORMATS {
        let file = given("table", written(format, &many()));
        let in_memory = read::read(&file.path).unwrap();
        assert_eq!(in_memory.schema(), expected.schema());
        assert_eq!(cells(&in_memory), cells(&expected), "{format}");
        let folder = tempfile::tempdir().unwrap();
        let streaming = Streaming::through(folder.path(), true, &|_, _| Ok(()));
        let data = DataSettings::of(&file.path);
        let on_disk = data.load_part(None, None, &streaming).unwrap();
        assert!(on_disk.floats().is_none());
        assert_eq!(cells(&on_disk), cells(&expected), "{format}");
    }
}

/// A copy of `rows` in a format, filled with `cells`.
fn filled(format: &str, rows: &RecordBatch, fill: Fill, cell: f32) -> (u64, Given, RecordBatch) {
    let file = given("table", written(format, rows));
    let (settings, schema) = (TableSettings::default(), read::read(&file.path).unwrap());
    let schema = schema.schema();
    let out = file.path.with_file_name("out");
    let mut copy = read::fill(&file.path, (&settings, schema), fill, &out, None).unwrap();
    let n_columns = schema.n_columns();
    let with = |value: f32, n: usize| {
        Matrix::from_values(n, n_columns, vec![value; n * n_columns]).unwrap()
    };
    let [cells, low, high] = [0.0, -1.0, 1.0].map(|by| with(cell + by, rows.num_rows()));
    let bounds = (fill == Fill::Bounded).then_some((&low, &high));
    copy.put_rows(&Filled { cells: &cells, bounds }).unwrap();
    let n_filled = copy.commit().unwrap();
    let copy = read_back(&out);
    (n_filled, file, copy)
}

#[test]
fn missing_cells_are_filled_and_all_else_stays_of_its_type() {
    for format in FORMATS {
        let (n_filled, file, copy) = filled(format, &mixed(), Fill::Missing, 1.0);
        assert_eq!(n_filled, 9, "{format}");
        assert_eq!(copy.schema().fields(), mixed().schema().fields(), "{format}");
        let expected = table(vec![
            ("n", Arc::new(Int64Array::from(vec![5, 1, -3, 9]))),
            ("x", Arc::new(Float64Array::from(vec![0.1, 1.0, 1.0, 2.5]))),
            ("flag", Arc::new(BooleanArray::from(vec![true, false, true, true]))),
            ("word", Arc::new(StringArray::from(vec!["a", "b", "b", "a"]))),
            ("day", Arc::new(Date32Array::from(vec![0, 11_017, 1, -1]))),
        ]);
        for (field, column) in expected.schema().fields().iter().zip(expected.columns()) {
            let found = copy.column_by_name(field.name()).unwrap();
            assert_eq!(&**found, &**column, "{format} {}", field.name());
        }
        let colour = copy.column_by_name("colour").unwrap();
        let colour = colour.as_any().downcast_ref::<DictionaryArray<UInt8Type>>().unwrap();
        let colours = colour.downcast_dict::<StringArray>().unwrap();
        let colours: Vec<_> = colours.into_iter().flatten().collect();
        assert_eq!(colours, ["red", "blue", "red", "red"]);
        let at = copy.column_by_name("at").unwrap();
        let at = at.as_any().downcast_ref::<TimestampMicrosecondArray>().unwrap();
        assert_eq!(at.values()[..], [1_500_000, 1_000_000, 86_400_000_000, 0]);
        let price = copy.column_by_name("price").unwrap();
        let price = price.as_any().downcast_ref::<Decimal128Array>().unwrap();
        assert_eq!(price.values()[..], [150, -25, 100, 0]);
        if format == "parquet" {
            let file = std::fs::File::open(file.path.with_file_name("out")).unwrap();
            let read = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            let metadata = read.metadata();
            let column = metadata.row_group(0).column(0).compression();
            assert!(matches!(column, Compression::ZSTD(_)));
            let notes = metadata.file_metadata().key_value_metadata().unwrap();
            assert_eq!(notes.iter().filter(|note| note.key == "by").count(), 1);
        }
    }
}

#[test]
fn bounds_are_columns_at_the_end_and_every_cell_can_be_replaced() {
    let rows = table(vec![
        ("x", Arc::new(Float64Array::from(vec![Some(1.0), None, Some(3.5)]))),
        ("z", Arc::new(Float32Array::from(vec![0.5, 0.25, 0.125]))),
    ]);
    for format in FORMATS {
        let (n_filled, _file, copy) = filled(format, &rows, Fill::Bounded, 7.0);
        assert_eq!(n_filled, 1, "{format}");
        let expected = table(vec![
            ("x", Arc::new(Float64Array::from(vec![1.0, 7.0, 3.5]))),
            ("z", Arc::new(Float32Array::from(vec![0.5, 0.25, 0.125]))),
            ("x.low", Arc::new(Float64Array::from(vec![None, Some(6.0), None]))),
            ("x.high", Arc::new(Float64Array::from(vec![None, Some(8.0), None]))),
        ]);
        assert_eq!(copy.columns(), expected.columns(), "{format}");
        let (n_filled, _file, copy) = filled(format, &rows, Fill::Every, 7.0);
        let all: ArrayRef = Arc::new(Float32Array::from(vec![7.0; 3]));
        assert_eq!((n_filled, copy.column(1)), (6, &all), "{format}");
    }
}

#[test]
fn copies_of_many_rows_are_whole() {
    for format in ["parquet", "stream"] {
        let file = given("table", written(format, &many()));
        let schema = read::read(&file.path).unwrap();
        let out = file.path.with_file_name("out");
        let known = (&TableSettings::default(), schema.schema());
        let mut copy = read::fill(&file.path, known, Fill::Missing, &out, None).unwrap();
        for rows in schema.blocks(777) {
            let cells =
                Matrix::from_values(rows.n_rows(), 3, vec![2.0; 3 * rows.n_rows()]).unwrap();
            copy.put_rows(&Filled { cells: &cells, bounds: None }).unwrap();
        }
        assert_eq!(copy.commit().unwrap(), 1112, "{format}");
        let again = read::read(&out).unwrap();
        let (before, after) = (cells(&schema), cells(&again));
        let is_filled = |bits: &u32| f32::from_bits(*bits).is_nan();
        let wrong = before.iter().zip(&after).filter(|(old, new)| !is_filled(old) && old != new);
        assert_eq!((wrong.count(), after.iter().filter(|bits| is_filled(bits)).count()), (0, 0));
    }
}

struct Flags;

impl Wording for Flags {
    fn argument(&self, name: &str, value: Option<&str>) -> String {
        format!("--{name} {}", value.unwrap_or_default())
    }

    fn action(&self, action: &Action) -> String {
        format!("{action:?}")
    }
}

#[test]
fn types_that_are_not_read_are_named_until_they_are_left_out() {
    let lists = ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>([
        Some([Some(1)]),
        Some([Some(2)]),
    ]);
    let rows = table(vec![
        ("x", Arc::new(Float64Array::from(vec![0.5, 1.5]))),
        ("lists", Arc::new(lists)),
    ]);
    for format in FORMATS {
        let file = given("table", written(format, &rows));
        let error = refused(&file.path);
        assert_says(&error, &file.path, &["column \"lists\"", "the type List(", "dates or times"]);
        let hint = error.hint().unwrap().worded(&Flags);
        assert!(hint.contains("--ignore lists"), "{hint}");
        let mut data = DataSettings::of(&file.path);
        data.table.ignore = vec!["lists".into()];
        let left = data.load_part(None, None, &Streaming::NEVER).unwrap();
        assert_eq!((left.n_columns(), left.floats()), (1, Some(&[0.5, 1.5][..])), "{format}");
        // A model's columns say what is read.
        let known = read::read_for(&file.path, left.schema()).unwrap();
        assert_eq!(known.n_columns(), 1);
        data.table.separator = Some(";".parse().unwrap());
        let error = data.load_part(None, None, &Streaming::NEVER).unwrap_err().to_string();
        assert!(error.contains("separator") && error.contains("table as text"), "{error}");
    }
}

#[test]
fn odd_files_are_refused() {
    let twice = vec![Arc::new(Int32Array::from(vec![1])) as ArrayRef; 2];
    let twice = {
        use arrow_schema::{DataType, Field, Schema};
        let field = Field::new("a", DataType::Int32, true);
        RecordBatch::try_new(Arc::new(Schema::new(vec![field.clone(), field])), twice).unwrap()
    };
    let none = table(vec![("a", Arc::new(Int32Array::from(Vec::<i32>::new())))]);
    let large = table(vec![("a", Arc::new(Float64Array::from(vec![0.5, 1e300])))]);
    let words = table(vec![(
        "a",
        Arc::new(StringArray::from_iter_values(
            (0..50).map(|i| if i == 40 { "heavy".into() } else { format!("{i}.5") }),
        )),
    )]);
    for format in FORMATS {
        let refused = |rows: &RecordBatch, said: &[&str]| {
            let file = given("table", written(format, rows));
            assert_says(&refused(&file.path), &file.path, said);
        };
        refused(&twice, &["\"a\" twice"]);
        refused(&none, &["rows below the header"]);
        refused(&large, &["row 2", "column \"a\"", "1000000000000", "within"]);
        refused(&words, &["row 41", "column \"a\"", "\"heavy\" among 49 numbers"]);
        let packed = given("table", gzip(written(format, &mixed())));
        assert_says(&crate::given::refused(&packed.path), &packed.path, &["gzip"]);
    }
}

#[test]
fn cut_and_damaged_files_are_refused_or_read_and_never_end_the_program() {
    for format in FORMATS {
        let whole = written(format, &mixed());
        for length in (8..whole.len()).step_by(1 + whole.len() / 40) {
            let file = given("table", &whole[..length]);
            // A stream that ends between its batches is whole.
            let read = read::read(&file.path);
            assert!(read.is_err() || format == "stream", "{format}: {length} of {}", whole.len());
        }
        for place in (8..whole.len()).step_by(1 + whole.len() / 150) {
            let mut damaged = whole.clone();
            damaged[place] ^= 1 << (place % 8);
            let file = given("table", damaged);
            if let Ok(rows) = read::read(&file.path) {
                assert!(rows.n_rows() <= 4, "{format}: {place}");
            }
        }
    }
}

#[test]
fn parts_are_files_whose_rows_are_those_of_the_whole_copy() {
    for format in ["parquet", "stream"] {
        let file = given("table", written(format, &many()));
        let schema = read::read(&file.path).unwrap();
        let (out, n_rows) = (file.path.with_file_name("out"), schema.n_rows());
        let known = (&TableSettings::default(), schema.schema());
        let filled = |shard: Option<Shard>| {
            let rows = shard.map_or(0..n_rows, |shard| shard.rows(n_rows).unwrap());
            // No column counts the rows, which would be left out.
            let values = rows.clone().flat_map(|row| [(row * 7 % 1_000) as f32; 3]).collect();
            let values = Matrix::from_values(rows.len(), 3, values).unwrap();
            let mut copy = read::fill(&file.path, known, Fill::Missing, &out, shard).unwrap();
            copy.put_rows(&Filled { cells: &values, bounds: None }).unwrap();
            let n_filled = copy.commit().unwrap();
            // The large numbers of a part are less by an offset of its own.
            let cells = cells(&read::read(&out).unwrap());
            (n_filled, cells.chunks(3).flat_map(|row| row[1..].to_vec()).collect::<Vec<u32>>())
        };
        let (n_filled, whole) = filled(None);
        let parts = (1..=3).map(|i| filled(Shard::new(i, 3).ok()));
        let (n, parts): (Vec<u64>, Vec<Vec<u32>>) = parts.unzip();
        assert_eq!((n.iter().sum(), parts.concat()), (n_filled, whole), "{format}");
        let second = read::fill(&file.path, known, Fill::Missing, &out, Shard::new(2, 2).ok());
        let error = second.unwrap().commit().unwrap_err().to_string();
        assert!(error.contains("expected 5000, found 0"), "{error}");
    }
}
