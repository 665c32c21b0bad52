/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

/**
 * Layout of the ring's file; little-endian.
 * <pre>
 *     0  long   magic, the bytes Q U I R E \r \n 0x1a
 *     8  short  file kind, 10 short major version, 12 short minor version
 *    14  byte   log2 of the page length, 15 byte log2 of the line length
 *    16  16 B   store id, high half first
 *    32  long   incarnation of the log that the ring belongs to
 *    40  long   capacity of the body in bytes, a power of two
 *    48  long   hash of the boot id of the running system
 *    56  int    flags, zero
 *    60  int    CRC32C of bytes 0..59
 *   128  long   head: log position up to which records are in the log segment's file
 *   256  long   tail: log position up to which records are published
 *  4096  body   capacity bytes; the byte of log position p is at p modulo the capacity
 * </pre>
 * The writer stores records, then the tail with release; the log agent loads the tail with acquire, writes [head, tail)
 * to the log segment and only then stores the head with release; it never changes the body. So after the process was
 * killed at any instruction, [head, tail) holds every published record that might be missing in the log segment.
 *
 * <p>Threading: thread-safe, immutable.
 */
final class ChangeRingDescriptor {
    static final long MAGIC = 0x1a0a_0d45_5249_5551L; // the same in every file of a store
    static final short FILE_KIND = 4; // short: a ring, see docs/file-formats.md
    static final short MAJOR_VERSION = 1; // short: another one is refused
    static final short MINOR_VERSION = 0; // short: a higher one is readable

    static final int MAGIC_OFFSET = 0; // long
    static final int FILE_KIND_OFFSET = 8; // short
    static final int MAJOR_VERSION_OFFSET = 10; // short
    static final int MINOR_VERSION_OFFSET = 12; // short
    static final int PAGE_SHIFT_OFFSET = 14; // byte
    static final int LINE_SHIFT_OFFSET = 15; // byte
    static final int STORE_ID_HIGH_OFFSET = 16; // long
    static final int STORE_ID_LOW_OFFSET = 24; // long
    static final int INCARNATION_OFFSET = 32; // long: greater than 0
    static final int CAPACITY_OFFSET = 40; // long: bytes, power of two, MIN_CAPACITY..MAX_CAPACITY
    static final int BOOT_ID_HASH_OFFSET = 48; // long
    static final int FLAGS_OFFSET = 56; // int: zero
    static final int HEADER_CRC_OFFSET = 60; // int
    static final int HEAD_OFFSET = 128; // long: log position, multiple of 8; two cache lines for itself
    static final int TAIL_OFFSET = 256; // long: log position, head..head + capacity; two cache lines for itself
    static final int BODY_OFFSET = 4096; // a page, so that the body is page-aligned

    static final int MIN_CAPACITY = 64 * 1024;
    static final int DEFAULT_CAPACITY = 16 * 1024 * 1024;
    static final int MAX_CAPACITY = 1024 * 1024 * 1024;

    private ChangeRingDescriptor() {}

    static int maxRecordLength(final int capacity) {
        // A quarter of the ring: a record and the pad before it always fit, and the consumer still works in batches.
        return Math.min(capacity / 4, ChangeRecordDescriptor.MAX_RING_RECORD_LENGTH);
    }
}
