//! Random and mutated files for every reader: no panic, and no allocation beyond what the file can
//! hold. What each message says is in `hostile_data.rs`.

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write;
use unsmudge::dataset::Origin;
use unsmudge::read;
use unsmudge::read::{Columns, Role};
use unsmudge::spill::Streaming;

/// The system's allocator, noting the largest request of each thread.
struct Noting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

fn note(size: usize) {
    // A thread that is ending has no place to note it and reads no data.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

// SAFETY: every call is handed to the system's allocator as it came.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promises are those of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Noting = Noting;

/// Reads `bytes` with every reader; gives the largest allocation meanwhile, in bytes.
fn read_all(bytes: &[u8]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train-images-idx3-ubyte");
    std::fs::write(&path, bytes).unwrap();
    LARGEST.with(|largest| largest.set(0));
    if let Ok(examples) = read::read(&path) {
        let mut row = vec![0.0; examples.n_columns()];
        examples.copy_rows(examples.n_rows() - 1, &mut row).unwrap();
        let _ = examples.check_finite();
    }
    let _ = read::read_labels(&path)
        .map(|labels| unsmudge::dataset::check_labels(&labels, 10, &Origin::new(&path)));
    let _ = read::read_folder(folder.path(), &Streaming::NEVER);
    let class = Columns::Named(vec!["b".into()]);
    let _ = read::read_as(&path, Role::Labels(&class));
    let _ = read::read_as(&path, Role::Numbers(&class));
    if let Ok(examples) = read::read(&path) {
        let _ = read::read_beside(examples, &path, Role::Labels(&Columns::Own));
    }
    LARGEST.with(Cell::get)
}

/// What reading a file of `size` bytes may ask for at once: blocks of fixed size, and the cells.
fn allowed(size: usize) -> usize {
    (1 << 18) + 16 * size
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A small valid file of each kind.
fn valid_files() -> Vec<Vec<u8>> {
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3][..], &[7; 24]].concat();
    let floats = [&[0, 0, 13, 2, 0, 0, 0, 4, 0, 0, 0, 2][..], &[64; 32]].concat();
    let header = b"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }\n";
    let npy = [b"\x93NUMPY\x01\x00\x3b\x00", &header[..], &[63; 48]].concat();
    let mut files = vec![idx, floats, npy];
    files.push(b"a,\"b\nc\",d\n1,2.5,?\n-3,4e5,inf\n".to_vec());
    files.push(b"1,5;2,25;3\r\n4;5;6\r\n".to_vec());
    files.push(b"a,b\n1,\"x,y\"\n2,z\n3,x\n".to_vec());
    files.push(b" 0.5 1.0000000e+00 3\n 0.25 ? 0\n".to_vec());
    files
}

#[test]
fn the_valid_files_are_valid() {
    let folder = tempfile::tempdir().unwrap();
    for (number, bytes) in valid_files().iter().enumerate() {
        for (kind, content) in [("plain", bytes.clone()), ("packed", gzip(bytes))] {
            let path = folder.path().join(format!("{number}-{kind}"));
            std::fs::write(&path, content).unwrap();
            let class = Columns::Named(vec!["b".into()]);
            let read = read::read(&path).or_else(|_| read::read_as(&path, Role::Labels(&class)));
            read.unwrap();
        }
    }
}

#[test]
fn lying_headers_allocate_nothing() {
    let mut liars = vec![
        [0, 0, 8, 3, 0x80, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 28].to_vec(),
        [0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff].to_vec(),
        [&[0, 0, 13, 64][..], &[0xff; 256]].concat(),
        b"\x93NUMPY\x03\x00\xff\xff\xff\xff{".to_vec(),
    ];
    for shape in ["(1099511627776, 784)", "(4294967296, 4294967296)", "(1, 99999999999)"] {
        let header = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        liars.push(bytes);
    }
    for liar in liars {
        assert!(read_all(&liar) <= allowed(liar.len()), "{liar:?}");
        let packed = gzip(&liar);
        // Deflate could make 1032 bytes of each: no header beyond that is believed.
        assert!(read_all(&packed) <= allowed(1100 * packed.len()), "{liar:?}");
    }
}

#[test]
fn a_gzip_bomb_behind_the_promised_rows_costs_no_memory() {
    let mut content = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2].to_vec();
    content.resize(64 << 20, 0);
    let packed = gzip(&content);
    assert!(read_all(&packed) <= allowed(0));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(read_all(&bytes) <= allowed(bytes.len()));
    }

    #[test]
    fn random_bytes_behind_a_true_start_never_panic(
        start in 0_usize..5,
        bytes in vec(any::<u8>(), 0..200),
    ) {
        let starts: [&[u8]; 5] =
            [b"\0\0\x08\x03", b"\x93NUMPY\x01\0", b"\x1f\x8b\x08\0", b"\0\0\x0d\x02\0\0\0", b"PK\x03\x04"];
        let bytes = [starts[start], &bytes].concat();
        prop_assert!(read_all(&bytes) <= allowed(1100 * bytes.len()));
    }

    #[test]
    fn random_text_never_panics(text in "[-0-9a-e.,; \t\"'\r\n?\u{e9}]{0,200}") {
        prop_assert!(read_all(text.as_bytes()) <= allowed(text.len()));
    }

    #[test]
    fn mutated_files_never_panic(
        file in 0_usize..7,
        is_packed in any::<bool>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..6),
    ) {
        let mut bytes = valid_files().swap_remove(file);
        if is_packed {
            bytes = gzip(&bytes);
        }
        for (place, byte, change) in changes {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match change {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => bytes.truncate(place),
            }
        }
        let most = if is_packed { 1100 * bytes.len() } else { bytes.len() };
        prop_assert!(read_all(&bytes) <= allowed(most));
    }

    #[test]
    fn headers_of_npy_with_any_words_never_panic(
        words in vec(
            prop::sample::select(vec![
                "{", "}", "(", ")", ",", ":", "'descr'", "'shape'", "'fortran_order'", "'<f4'",
                "'|O'", "[", "True", "False", "1", "-1", "18446744073709551616", " ", "\n", "\"",
            ]),
            0..40,
        ),
    ) {
        let header = words.concat();
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        prop_assert!(read_all(&bytes) <= allowed(bytes.len()));
    }
}
