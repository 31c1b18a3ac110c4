"use strict";
// Files in memory, as the system interface that the program is compiled for asks for them (WASI,
// preview 1): what it reads and writes stays in this page.

const OK = 0, BAD_FILE = 8, EXISTS = 20, NO_SUCH = 44, NO_CALL = 52, IS_FOLDER = 31;
const FOLDER = 3, FILE = 4, DEVICE = 2;
const ROOT = 3; // the number of the only folder

class Files {
  constructor() {
    this.names = new Map(); // path without its first slash -> { bytes, length }
    this.open = new Map();
    this.input = new Uint8Array(0);
    this.output = [];
  }

  put(name, bytes) {
    this.names.set(name, { bytes, length: bytes.length });
  }

  get(name) {
    const file = this.names.get(name);
    return file && file.bytes.subarray(0, file.length);
  }

  remove(name) {
    this.names.delete(name);
  }

  // What the program prints, since this was last asked for.
  printed() {
    const text = this.output.map((part) => new TextDecoder().decode(part)).join("");
    this.output = [];
    return text;
  }

  // The functions that a module imports; those that no file needs say so.
  imports(module) {
    const found = {};
    for (const { name } of WebAssembly.Module.imports(module)) {
      const call = this[name];
      found[name] = call ? (...given) => call.apply(this, given) : () => NO_CALL;
    }
    return { wasi_snapshot_preview1: found };
  }

  attach(memory) {
    this.memory = memory;
  }

  get view() {
    return new DataView(this.memory.buffer);
  }

  bytes(at, length) {
    return new Uint8Array(this.memory.buffer, at, length);
  }

  path(at, length) {
    return new TextDecoder().decode(this.bytes(at, length)).replace(/^(\.?\/)+/, "");
  }

  // The parts of memory of a list of buffers.
  *buffers(at, count) {
    for (let i = 0; i < count; i++) {
      const [start, length] = [0, 4].map((of) => this.view.getUint32(at + 8 * i + of, true));
      yield this.bytes(start, length);
    }
  }

  fd_prestat_get(fd, out) {
    if (fd !== ROOT) return BAD_FILE;
    this.view.setUint32(out, 0, true);
    this.view.setUint32(out + 4, 1, true);
    return OK;
  }

  fd_prestat_dir_name(fd, out) {
    this.bytes(out, 1)[0] = 0x2f;
    return OK;
  }

  path_open(folder, look, path, length, how, rights, inherited, flags, out) {
    const [create, isFolder, exclusive, truncate] = [1, 2, 4, 8].map((bit) => (how & bit) !== 0);
    const name = this.path(path, length);
    let file = this.names.get(name);
    if (name === "" || name === ".") file = null;
    else if (file && create && exclusive) return EXISTS;
    else if (!file && (isFolder || !create)) return NO_SUCH;
    else if (!file) this.names.set(name, (file = { bytes: new Uint8Array(1 << 12), length: 0 }));
    if (file && truncate) file.length = 0;
    let fd = ROOT + 1;
    while (this.open.has(fd)) fd++;
    this.open.set(fd, { file, at: 0 });
    this.view.setUint32(out, fd, true);
    return OK;
  }

  fd_close(fd) {
    return this.open.delete(fd) ? OK : BAD_FILE;
  }

  fd_read(fd, list, count, out) {
    const open = fd === 0 ? null : this.open.get(fd);
    if (fd !== 0 && !open) return BAD_FILE;
    if (open && !open.file) return IS_FOLDER;
    let total = 0;
    for (const buffer of this.buffers(list, count)) {
      const rest = open ? open.file.bytes.subarray(open.at, open.file.length) : this.input;
      const part = rest.subarray(0, buffer.length);
      buffer.set(part);
      if (open) open.at += part.length;
      else this.input = this.input.subarray(part.length);
      total += part.length;
    }
    this.view.setUint32(out, total, true);
    return OK;
  }

  fd_write(fd, list, count, out) {
    const open = fd < ROOT ? null : this.open.get(fd);
    if (fd >= ROOT && !open) return BAD_FILE;
    let total = 0;
    for (const buffer of this.buffers(list, count)) {
      if (open) this.write(open, buffer);
      else if (fd === 1) this.output.push(buffer.slice());
      else console.error(new TextDecoder().decode(buffer));
      total += buffer.length;
    }
    this.view.setUint32(out, total, true);
    return OK;
  }

  write(open, part) {
    const { file } = open, end = open.at + part.length;
    if (end > file.bytes.length) {
      const bytes = new Uint8Array(Math.max(end, 2 * file.bytes.length));
      bytes.set(file.bytes.subarray(0, file.length));
      file.bytes = bytes;
    }
    file.bytes.set(part, open.at);
    open.at = end;
    file.length = Math.max(file.length, end);
  }

  fd_seek(fd, offset, whence, out) {
    const open = this.open.get(fd);
    if (!open || !open.file) return BAD_FILE;
    open.at = Number(offset) + [0, open.at, open.file.length][whence];
    this.view.setBigUint64(out, BigInt(open.at), true);
    return OK;
  }

  state(out, kind, size) {
    this.bytes(out, 64).fill(0);
    this.view.setUint8(out + 16, kind);
    this.view.setBigUint64(out + 32, BigInt(size), true);
    return OK;
  }

  fd_filestat_get(fd, out) {
    if (fd < ROOT) return this.state(out, DEVICE, 0);
    const open = fd === ROOT ? { file: null } : this.open.get(fd);
    if (!open) return BAD_FILE;
    return open.file ? this.state(out, FILE, open.file.length) : this.state(out, FOLDER, 0);
  }

  path_filestat_get(folder, look, path, length, out) {
    const name = this.path(path, length), file = this.names.get(name);
    if (name === "" || name === ".") return this.state(out, FOLDER, 0);
    return file ? this.state(out, FILE, file.length) : NO_SUCH;
  }

  fd_fdstat_get(fd, out) {
    const kind = fd < ROOT ? DEVICE : fd === ROOT ? FOLDER : FILE;
    this.bytes(out, 24).fill(0);
    this.view.setUint8(out, kind);
    this.view.setBigUint64(out + 8, ~0n, true);
    this.view.setBigUint64(out + 16, ~0n, true);
    return OK;
  }

  fd_sync() {
    return OK;
  }

  path_rename(folder, from, fromLength, other, to, toLength) {
    const name = this.path(from, fromLength), file = this.names.get(name);
    if (!file) return NO_SUCH;
    this.names.delete(name);
    this.names.set(this.path(to, toLength), file);
    return OK;
  }

  path_unlink_file(folder, path, length) {
    return this.names.delete(this.path(path, length)) ? OK : NO_SUCH;
  }

  environ_sizes_get(count, size) {
    this.view.setUint32(count, 0, true);
    this.view.setUint32(size, 0, true);
    return OK;
  }

  environ_get() {
    return OK;
  }

  clock_time_get(clock, precision, out) {
    const now = clock === 0 ? Date.now() : performance.now();
    this.view.setBigUint64(out, BigInt(Math.round(1e6 * now)), true);
    return OK;
  }

  random_get(out, length) {
    for (let at = 0; at < length; at += 1 << 16) {
      crypto.getRandomValues(this.bytes(out + at, Math.min(1 << 16, length - at)));
    }
    return OK;
  }

  proc_exit(code) {
    throw new Error(`the program ended with code ${code}`);
  }
}
