/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.bench.peer;

import io.quire.bench.table.KeyBytes;
import io.quire.bench.table.TableShape;
import io.quire.bench.table.ValueDigest;
import io.quire.bench.table.ValuePool;
import io.quire.store.BytesConsumer;
import io.quire.store.KeyedState;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What Quire's tables of byte keys and byte values have in common: the buffers. */
abstract class QuireBuffersTable extends QuireTable {
    final int keyLength;
    final int valueLength;
    final ValuePool pool;
    final UnsafeBuffer poolBuffer;
    final UnsafeBuffer valueBuffer;
    private final UnsafeBuffer keyBuffer;
    private long sum;

    QuireBuffersTable(final QuireStore store, final KeyedState state, final TableShape shape) {
        super(store, state);
        keyLength = shape.keyLength();
        valueLength = shape.valueLength();
        pool = new ValuePool(valueLength);
        poolBuffer = new UnsafeBuffer(pool.direct());
        keyBuffer = new UnsafeBuffer(ByteBuffer.allocateDirect(keyLength));
        valueBuffer = new UnsafeBuffer(ByteBuffer.allocateDirect(valueLength));
    }

    final UnsafeBuffer keyOf(final long key) {
        KeyBytes.write(key, keyBuffer.addressOffset(), keyLength);
        return keyBuffer;
    }

    final long valueDigest() {
        return ValueDigest.ofNative(valueBuffer.addressOffset(), valueLength);
    }

    abstract void forEach(BytesConsumer consumer);

    @Override
    public final long scan() {
        sum = 0;
        forEach(this::addDigest);
        return sum;
    }

    private void addDigest(final DirectBuffer key, final DirectBuffer value) {
        sum += ValueDigest.ofNative(value.addressOffset(), value.capacity());
    }
}
