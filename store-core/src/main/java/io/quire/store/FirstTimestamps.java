/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.StoreClosedException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.ListDescriptor;
import java.util.function.BooleanSupplier;

/**
 * Gives a state whose values do not tell whether they carry timestamps, and that was created without a time to live,
 * its first one: its entries are copied to a table in which all values end with them. These are the states of
 * primitives and bytes, and typed ones whose values are any bytes. The time is that of the rule, which is in the
 * descriptor and with it in the change log, so that replay makes the same copy.
 *
 * <p>Nothing else is done between the first entry and the last, so no checkpoint and no reader ever has a part of it.
 *
 * <p>Threading: confined to the store's writer.
 */
final class FirstTimestamps {
    private static final long AT = RawMemory.ARRAY_OFFSET;

    private static final int LOOK_MASK = (1 << 10) - 1;
    private static final int LOOK_LENGTH = 1024 * 1024;

    private final KeyedState target;
    private final BooleanSupplier givenUp;
    private final long timestampMs;
    private final int lengthMax; // of a value before
    private byte[] key = new byte[64]; // copies: what is put may be asked for longer than a pointer is good
    private byte[] value = new byte[256];
    private long count;
    private long unseenLength; // of values since the last look whether to give up

    /** For a state that is empty and carries timestamps, until it is to be given up, which another thread may ask. */
    FirstTimestamps(final KeyedState target, final BooleanSupplier givenUp) {
        this.target = target;
        this.givenUp = givenUp;
        timestampMs = target.descriptor().expiry().sinceMs();
        lengthMax = TrailingTimestamps.contentLengthMax(target.descriptor().kind());
    }

    /** Puts an entry of a long and a long. */
    void put(final long entryKey, final long entryValue) {
        RawMemory.putLong(key, AT, entryKey);
        RawMemory.putLong(value, AT, entryValue);
        putCopied(Long.BYTES, Long.BYTES);
    }

    /** Puts an entry whose key and value stand at native pointers. */
    void put(final long keyPointer, final int keyLength, final long valuePointer, final int valueLength) {
        copyKey(null, keyPointer, keyLength);
        putWithKey(keyLength, valuePointer, valueLength);
    }

    /** Puts an entry whose key was copied. */
    void put(final byte[] entryKey, final long valuePointer, final int valueLength) {
        copyKey(entryKey, AT, entryKey.length);
        putWithKey(entryKey.length, valuePointer, valueLength);
    }

    private void copyKey(final byte[] base, final long offset, final int length) {
        if (key.length < length) {
            key = new byte[Math.max(length, 2 * key.length)];
        }
        RawMemory.copy(base, offset, key, AT, length);
    }

    private void putWithKey(final int keyLength, final long valuePointer, final int valueLength) {
        checkLength(valueLength);
        ensureValue(valueLength + TrailingTimestamps.LENGTH);
        if (valueLength > 0) {
            RawMemory.copy(null, valuePointer, value, AT, valueLength);
        }
        putCopied(keyLength, valueLength);
    }

    private void ensureValue(final int length) {
        if (value.length < length) {
            value = new byte[(int) Math.max(length, Math.min(2L * value.length, BytesState.VALUE_LENGTH_MAX))];
        }
    }

    private void checkLength(final int valueLength) {
        if (valueLength > lengthMax) {
            throw new StoreFullException("a value is too long to get a timestamp: state=" + target.name()
                    + " valueLength=" + valueLength + " most=" + lengthMax
                    + "; the state is as it was, without a time to live");
        }
    }

    /** Appends an element to a list; all of them are at native pointers. */
    void append(final long keyPointer, final int keyLength, final long elementPointer, final int elementLength) {
        copyKey(null, keyPointer, keyLength);
        checkLength(elementLength);
        final int length = elementLength + TrailingTimestamps.LENGTH;
        final int prefixLength = ListDescriptor.prefixLength(length);
        ensureValue(prefixLength + length);
        ListDescriptor.putPrefix(value, 0, length);
        if (elementLength > 0) {
            RawMemory.copy(null, elementPointer, value, AT + prefixLength, elementLength);
        }
        timestamp(prefixLength + elementLength);
        target.applyOperation(
                ChangeRecordDescriptor.TYPE_LIST_APPEND, key, AT, keyLength, value, AT, prefixLength + length);
    }

    private void putCopied(final int keyLength, final int valueLength) {
        timestamp(valueLength);
        target.applyPut(key, AT, keyLength, value, AT, valueLength + TrailingTimestamps.LENGTH);
    }

    private void timestamp(final int valueLength) {
        unseenLength += valueLength;
        final boolean isTimeToLook = (count++ & LOOK_MASK) == 0 || unseenLength >= LOOK_LENGTH;
        unseenLength = isTimeToLook ? 0 : unseenLength;
        if (isTimeToLook && givenUp.getAsBoolean()) {
            throw new StoreClosedException("the store is closed while a state gets its first time to live: state="
                    + target.name() + "; the state is as it was, without one");
        }
        RawMemory.putLong(value, AT + valueLength, timestampMs);
    }
}
