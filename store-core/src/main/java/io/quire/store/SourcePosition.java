/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StateMismatchException;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * How far a source was taken in, kept in the store and so in the same cut as what was made of it: in a checkpoint, in a
 * batch, and after any crash. With a source that can be read again from a position (a file, a topic, a recording), a
 * program that changes state and position in one batch counts everything exactly once:
 *
 * <pre>{@code
 * SourcePosition orders = store.source("orders");
 * for (Order order : ordersFrom(orders.get(0))) {     // goes on where the state says
 *     store.beginBatch();
 *     apply(order);
 *     orders.set(order.nextOffset());
 *     store.commitBatch();
 * }
 * }</pre>
 *
 * <p>A position is a number, or bytes where a number does not say it all. Reading and setting numbers allocates
 * nothing.
 *
 * <p>Threading: single writer, which also reads.
 */
public final class SourcePosition {
    /** Name of the state that holds the positions of all sources; it can be seen, but not opened as another kind. */
    public static final String STATE_NAME = "quire.sources";

    private final BytesState positions;
    private final UnsafeBuffer name;
    private final UnsafeBuffer number = new UnsafeBuffer(new byte[Long.BYTES]);

    SourcePosition(final BytesState positions, final byte[] name) {
        if (name.length == 0) {
            throw new ConfigurationException("a source has no name");
        }
        this.positions = positions;
        this.name = new UnsafeBuffer(name.clone());
    }

    /** Throws when a name is the one of the state that holds the positions of all sources. */
    static void checkNotKept(final String stateName, final String what) {
        if (stateName.equals(STATE_NAME)) {
            throw new ConfigurationException(
                    "the name is kept for the positions of sources and cannot be " + what + ": state=" + stateName);
        }
    }

    /**
     * The position, as a number.
     *
     * @param whenAbsent returned when none was set yet
     * @return what {@link #set(long)} has set last
     * @throws StateMismatchException when it is not a number
     */
    public long get(final long whenAbsent) {
        final int length = positions.valueLength(name, 0, name.capacity());
        if (length == BytesState.NOT_FOUND) {
            return whenAbsent;
        }
        if (length != Long.BYTES) {
            throw new StateMismatchException("position of a source is not a number: length=" + length + " expected=8");
        }
        positions.get(name, 0, name.capacity(), number, 0);
        return number.getLong(0, ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Sets the position, as a number; in the batch with the state that it belongs to.
     *
     * @param position any number
     */
    public void set(final long position) {
        positions.store.beforeWrite(); // before the number that the writer is setting or getting is overwritten
        number.putLong(0, position, ByteOrder.LITTLE_ENDIAN);
        positions.put(name, 0, name.capacity(), number, 0, Long.BYTES);
    }

    /** {@return the position as bytes, a copy; null when none was set yet} */
    public byte[] getBytes() {
        final int length = positions.valueLength(name, 0, name.capacity());
        if (length == BytesState.NOT_FOUND) {
            return null;
        }
        final byte[] bytes = new byte[length];
        positions.get(name, 0, name.capacity(), new UnsafeBuffer(bytes), 0);
        return bytes;
    }

    /**
     * Sets the position, as bytes.
     *
     * @param position copied
     */
    public void setBytes(final byte[] position) {
        positions.put(name, 0, name.capacity(), new UnsafeBuffer(position), 0, position.length);
    }

    /**
     * Forgets the source.
     *
     * @return whether it had a position
     */
    public boolean remove() {
        return positions.remove(name, 0, name.capacity());
    }
}
