/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.memory.RawMemory;
import io.quire.store.table.MapDescriptor;
import io.quire.store.table.MapTable;
import io.quire.store.table.RecordTable;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walk over the entries of one map. It knows the entry that comes next by its address and by its key: when entries have
 * been removed or moved meanwhile it finds it again.
 *
 * <p>Threading: confined to the store's writer.
 *
 * @param <I> type of the keys inside the map
 * @param <V> type of the values
 * @param <T> what it returns for each entry
 */
abstract class MapWalk<I, V, T> implements Iterator<T> {
    private static final long AT = RawMemory.ARRAY_OFFSET;

    private final MapState<?, I, V> state;
    private final MapTable table;
    private final RecordTable entries;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final byte[] mapKey;
    private int walk = OpenWalks.NONE; // among the open ones of the state, once its entries expire
    private boolean nextIsLive; // it was found to be, and not returned since
    private boolean promised; // hasNext has said that there is one, while nothing expired
    private long changeCount;
    private byte[] key = new byte[64]; // of the current entry
    private int keyLength; // 0 = there is none, or it was removed
    private long step;
    private long next;
    private byte[] nextKey = new byte[64];
    private int nextKeyLength;

    MapWalk(final MapState<?, I, V> state, final byte[] mapKey) {
        this.state = state;
        table = state.bytes.table();
        entries = table.entries();
        this.mapKey = mapKey;
        state.store.beforeRead();
        if (state.valueCodec.expiring()) {
            walk = state.bytes.expiry.walks().begun(this, mapKey);
        }
        changeCount = table.changeCount();
        lookAhead(table.first(mapKey, AT, mapKey.length));
    }

    /** What the walk returns for an entry. */
    abstract T result(long entry);

    private void lookAhead(final long entry) {
        next = entry;
        if (entry != MapTable.NONE) {
            nextKeyLength = entries.keyLength(entry);
            if (nextKey.length < nextKeyLength) {
                nextKey = new byte[Math.max(nextKeyLength, 2 * nextKey.length)];
            }
            RawMemory.copy(null, entries.keyPointer(entry), nextKey, AT, nextKeyLength);
        }
    }

    @Override
    public final boolean hasNext() {
        state.store.beforeRead();
        if (!nextIsLive) {
            if (state.valueCodec.expiring()) {
                passExpired();
            } else {
                promised = next != MapTable.NONE;
            }
        }
        return next != MapTable.NONE;
    }

    private void passExpired() {
        if (walk == OpenWalks.NONE) { // there was no time to live when it began
            walk = state.bytes.expiry.walks().begun(this, mapKey);
        }
        findNext();
        while (!promised && next != MapTable.NONE && state.isExpired(next)) {
            lookAhead(table.next(next));
        }
        promised = false;
        nextIsLive = next != MapTable.NONE;
        if (!nextIsLive) {
            state.bytes.expiry.walks().ended(this, walk);
        }
    }

    private void findNext() {
        if (next != MapTable.NONE && changeCount != table.changeCount()) {
            next = table.find(nextKey, AT, nextKeyLength);
            if (next == MapTable.NONE) {
                throw new ConcurrentModificationException("the entry that comes next was removed during the walk");
            }
            changeCount = table.changeCount();
        }
    }

    @Override
    public final T next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        findNext();
        nextIsLive = false;
        promised = false;
        step++;
        final long entry = next;
        final byte[] swapped = key;
        key = nextKey;
        keyLength = nextKeyLength;
        nextKey = swapped;
        lookAhead(table.next(entry));
        return result(entry);
    }

    /** The key inside the map of the current entry. */
    final I insideKey() {
        final int length = keyLength - MapDescriptor.KEY_TRAILER_LENGTH - mapKey.length;
        view.wrap(key, mapKey.length, length);
        return state.insideCodec.decode(view, 0, length);
    }

    @Override
    public final void remove() {
        checkCurrent();
        state.bytes.remove(key, AT, keyLength);
        keyLength = 0;
    }

    /** Sets the value of the current entry. */
    final void setValue(final V value) {
        checkCurrent();
        state.putEncoded(key, keyLength, value);
    }

    private void checkCurrent() {
        if (keyLength == 0) {
            throw new IllegalStateException("no current entry: next() was not called, or it was removed");
        }
    }

    /** Entries that the walk has come to. */
    final long step() {
        return step;
    }
}
