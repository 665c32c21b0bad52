/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.TableShape;
import io.quire.store.memory.RawMemory;

/**
 * Keys for contestants that take objects: a {@code Long}, or a new array of bytes.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param keyLength bytes of a key
 */
record BoxedKeys(int keyLength) {
    static BoxedKeys of(final TableShape shape) {
        return new BoxedKeys(shape.keyLength());
    }

    boolean longs() {
        return keyLength == Long.BYTES;
    }

    Object keyOf(final long key) {
        if (longs()) {
            return key;
        }
        final byte[] bytes = new byte[keyLength];
        for (int i = 0; i < keyLength; i += Long.BYTES) {
            RawMemory.putLong(bytes, RawMemory.ARRAY_OFFSET + i, KeyBytes.word(key, i / Long.BYTES));
        }
        return bytes;
    }
}
