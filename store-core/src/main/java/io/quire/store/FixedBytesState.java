/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.CodecIdentity;
import io.quire.store.catalog.CodecRole;
import io.quire.store.catalog.StateDescriptor;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.FixedBytesCursor;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedBytesTableReader;
import io.quire.store.table.KeyGroupRange;
import io.quire.store.table.ReadSession;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Byte keys of one length to byte values of one length, held inline: one cache miss an operation, nothing allocated.
 * For ids of 16 bytes, for structs with a few fields, and for sets (values of no bytes). The lengths are chosen when
 * the state is created: keys of 1 to {@link #KEY_LENGTH_MAX} bytes, values of 0 to {@link #VALUE_LENGTH_MAX}.
 *
 * <p>In a state with a time to live what has expired counts as absent, and adding a key that is there is a write of it;
 * see {@link StateStore#fixedBytesState(String, int, int, TimeToLive)}.
 *
 * <p>Buffers given by the caller are read or written during the call only; a range outside a buffer is an {@link
 * IndexOutOfBoundsException}. Methods throw otherwise what those of {@link LongLongState} do.
 *
 * <p>Threading: single writer, which also reads; other threads read through {@link StoreReader#fixedBytesState}.
 */
public class FixedBytesState extends KeyedState {
    /** Longest key, bytes. */
    public static final int KEY_LENGTH_MAX = FixedBytesTable.KEY_LENGTH_MAX;
    /** Longest value, bytes. */
    public static final int VALUE_LENGTH_MAX = FixedBytesTable.VALUE_LENGTH_MAX - TrailingTimestamps.LENGTH;

    private static final String WIDTH = "fixed:";

    final FixedBytesTable table;
    final int keyLength;
    final int valueLength; // which callers know; in the table it may be longer
    private final byte[] removedKey;
    final byte[] scratchBytes; // all of a value
    final UnsafeBuffer scratch; // what callers know of it
    private final byte[] loggedKey;
    private final byte[] updatedKey;
    private final byte[] added; // a value of zeros, but for the field while one is added
    private final UnsafeBuffer batchView = new UnsafeBuffer(0, 0);
    private final long[] batchEntries = new long[FixedBytesTable.BATCH_COUNT_MAX];
    private boolean updating;
    private boolean batchOpen;

    FixedBytesState(
            final StateStore store,
            final StateDescriptor descriptor,
            final FixedBytesTable table,
            final int valueLength) {
        super(store, descriptor, table);
        this.table = table;
        keyLength = table.keyLength();
        this.valueLength = valueLength;
        removedKey = new byte[keyLength];
        scratchBytes = new byte[table.valueLength()];
        scratch = new UnsafeBuffer(scratchBytes, 0, valueLength);
        loggedKey = new byte[keyLength];
        updatedKey = new byte[keyLength];
        added = new byte[table.valueLength()];
    }

    /** How the catalog keeps the lengths. */
    static StateCodecs codecs(final int keyLength, final int valueLength) {
        return StateCodecs.NONE
                .withWidth(CodecRole.KEY, identity(keyLength))
                .withWidth(CodecRole.VALUE, identity(valueLength));
    }

    private static CodecIdentity identity(final int length) {
        return new CodecIdentity(WIDTH + length, 1, "", false);
    }

    private static int length(final StateDescriptor descriptor, final CodecIdentity identity, final int lengthMax) {
        final String digits = identity.id().startsWith(WIDTH) ? identity.id().substring(WIDTH.length()) : "";
        if (digits.matches("[0-9]{1,3}")) {
            final int length = Integer.parseInt(digits);
            if (length <= lengthMax) {
                return length;
            }
        }
        throw new CorruptStoreException("state without a valid width: state=" + descriptor.name() + " found="
                + identity.id() + " expected=" + WIDTH + "0.." + lengthMax);
    }

    static FixedBytesState create(final StateStore store, final StateDescriptor descriptor) {
        final int keyLength = length(descriptor, descriptor.keyCodec(), KEY_LENGTH_MAX);
        final int valueLength = length(descriptor, descriptor.valueCodec(), VALUE_LENGTH_MAX);
        return of(
                store,
                descriptor,
                FixedBytesTable.create(store.memory(), keyLength, valueLength + trailerLength(descriptor)),
                valueLength);
    }

    private static FixedBytesState of(
            final StateStore store,
            final StateDescriptor descriptor,
            final FixedBytesTable table,
            final int valueLength) {
        return trailerLength(descriptor) == 0
                ? new FixedBytesState(store, descriptor, table, valueLength)
                : new TimestampedFixedBytesState(store, descriptor, table, valueLength);
    }

    /** Bytes behind what callers know of a value. */
    private static int trailerLength(final StateDescriptor descriptor) {
        return descriptor.expiry().isNone() ? 0 : TrailingTimestamps.LENGTH;
    }

    static FixedBytesState open(final StateStore store, final StateDescriptor descriptor, final long root) {
        final PagedMemory memory = store.memory();
        final FixedBytesTable table = FixedBytesTable.open(memory, root);
        final int valueLength = length(descriptor, descriptor.valueCodec(), VALUE_LENGTH_MAX);
        LongSetState.checkWidths(
                length(descriptor, descriptor.keyCodec(), KEY_LENGTH_MAX),
                valueLength + trailerLength(descriptor),
                table);
        return of(store, descriptor, table, valueLength);
    }

    /**
     * Checks lengths that callers give.
     *
     * @throws ConfigurationException when one is out of range
     */
    static void checkLengths(final int keyLength, final int valueLength) {
        if (keyLength < 1 || keyLength > KEY_LENGTH_MAX || valueLength < 0 || valueLength > VALUE_LENGTH_MAX) {
            throw new ConfigurationException("fixed widths out of range: keyLength=" + keyLength + " expected=1.."
                    + KEY_LENGTH_MAX + " valueLength=" + valueLength + " expected=0.." + VALUE_LENGTH_MAX);
        }
    }

    /** {@return bytes of every key} */
    public int keyLength() {
        return keyLength;
    }

    /** {@return bytes of every value} */
    public int valueLength() {
        return valueLength;
    }

    /**
     * Copies the value of a key to a buffer.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param value takes the value
     * @param valueOffset where its first byte goes
     * @return whether the key is present; when not, nothing was copied
     */
    public boolean get(
            final DirectBuffer key, final int keyOffset, final MutableDirectBuffer value, final int valueOffset) {
        final long entry = find(key, keyOffset);
        if (entry == FixedBytesTable.NOT_FOUND) {
            return false;
        }
        if (value.isExpandable()) {
            value.checkLimit(valueOffset + valueLength);
        }
        value.boundsCheck(valueOffset, valueLength);
        if (valueLength > 0) {
            RawMemory.copy(
                    null,
                    table.valuePointer(entry),
                    value.byteArray(),
                    value.addressOffset() + valueOffset,
                    valueLength);
        }
        return true;
    }

    /**
     * Wraps the value of a key where it lies, without a copy.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param view set to the value; valid until the next write to the store, by whatever method, or its close
     * @return whether the key is present; when not, the view is left as it was
     */
    public boolean wrap(final DirectBuffer key, final int keyOffset, final DirectBuffer view) {
        final long entry = find(key, keyOffset);
        if (entry == FixedBytesTable.NOT_FOUND) {
            return false;
        }
        view.wrap(table.valuePointer(entry), valueLength);
        return true;
    }

    /**
     * Passes the values of several keys to a consumer, in less time than one by one, because the cache misses of up to
     * 32 of them overlap. The consumer must not write to the store, nor read another batch of this state.
     *
     * @param keys holds the keys, one behind the other
     * @param keysOffset first byte of the first key
     * @param count keys
     * @param consumer takes the values of those that are present, with their index from 0
     * @return how many are present
     * @throws ConfigurationException from inside another batch of this state
     */
    public int getAll(final DirectBuffer keys, final int keysOffset, final int count, final BatchConsumer consumer) {
        store.beforeRead();
        keys.boundsCheck(keysOffset, batchLength(count, keyLength));
        if (batchOpen) {
            throw new ConfigurationException("a batch of reads inside another of the same state: state=" + name());
        }
        store.beginWalk();
        batchOpen = true;
        try {
            int found = 0;
            for (int done = 0; done < count; done += FixedBytesTable.BATCH_COUNT_MAX) {
                final long keyAt = keys.addressOffset() + keysOffset + (long) done * keyLength;
                final int batch = Math.min(FixedBytesTable.BATCH_COUNT_MAX, count - done);
                found += getBatch(keys.byteArray(), keyAt, batch, done, consumer);
            }
            return found;
        } finally {
            batchOpen = false;
            store.endWalk();
        }
    }

    /** Bytes of several keys; more than any buffer has when that is no int. */
    static int batchLength(final int count, final int keyLength) {
        return (int) Math.min(Integer.MAX_VALUE, (long) count * keyLength);
    }

    private int getBatch(
            final byte[] keyBase,
            final long keyAt,
            final int count,
            final int firstIndex,
            final BatchConsumer consumer) {
        final long[] entries = batchEntries;
        table.findAll(keyBase, keyAt, count, entries);
        int found = 0;
        for (int i = 0; i < count; i++) {
            if (entries[i] != FixedBytesTable.NOT_FOUND && isLive(entries[i])) {
                batchView.wrap(table.valuePointer(entries[i]), valueLength);
                consumer.accept(firstIndex + i, batchView);
                found++;
            }
        }
        return found;
    }

    FixedBytesTableReader tableReader(final ReadSession session) {
        return table.reader(session);
    }

    /**
     * Whether a key is present.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @return true when it is
     */
    public boolean containsKey(final DirectBuffer key, final int keyOffset) {
        return find(key, keyOffset) != FixedBytesTable.NOT_FOUND;
    }

    /** Whether an entry counts as there. */
    boolean isLive(final long entry) {
        return true;
    }

    /** The entry of a key that counts as there. */
    private long find(final DirectBuffer key, final int keyOffset) {
        store.beforeRead();
        key.boundsCheck(keyOffset, keyLength);
        final long entry = table.find(key.byteArray(), key.addressOffset() + keyOffset);
        return entry != FixedBytesTable.NOT_FOUND && isLive(entry) ? entry : FixedBytesTable.NOT_FOUND;
    }

    /**
     * Sets the value of a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param value holds the value
     * @param valueOffset its first byte
     */
    public void put(final DirectBuffer key, final int keyOffset, final DirectBuffer value, final int valueOffset) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        value.boundsCheck(valueOffset, valueLength);
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        saveUndo(keyBase, keyAt);
        set(keyBase, keyAt, value.byteArray(), value.addressOffset() + valueOffset);
    }

    /** Sets what callers know of a value, and logs. */
    void set(final byte[] keyBase, final long keyAt, final byte[] valueBase, final long valueAt) {
        setAll(keyBase, keyAt, valueBase, valueAt);
    }

    /** Sets all of a value, and logs. */
    final void setAll(final byte[] keyBase, final long keyAt, final byte[] valueBase, final long valueAt) {
        final long entry;
        try {
            entry = table.put(keyBase, keyAt, valueBase, valueAt);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(entry);
    }

    /** From the entry, since a key or a value given may lie in an entry that has moved meanwhile. */
    void logPut(final long entry) {
        if (!log.attached()) {
            return;
        }
        table.copyKey(entry, loggedKey, RawMemory.ARRAY_OFFSET);
        log.put(id, loggedKey, RawMemory.ARRAY_OFFSET, keyLength, null, table.valuePointer(entry), table.valueLength());
    }

    /**
     * Sets the value of a key that is absent.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param value holds the value
     * @param valueOffset its first byte
     * @return whether it was absent and has been set
     */
    public boolean putIfAbsent(
            final DirectBuffer key, final int keyOffset, final DirectBuffer value, final int valueOffset) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        value.boundsCheck(valueOffset, valueLength);
        return insert(
                key.byteArray(),
                key.addressOffset() + keyOffset,
                value.byteArray(),
                value.addressOffset() + valueOffset);
    }

    boolean insert(final byte[] keyBase, final long keyAt, final byte[] valueBase, final long valueAt) {
        saveUndo(keyBase, keyAt);
        final long entry;
        try {
            entry = table.insertOrFind(keyBase, keyAt, valueBase, valueAt);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (!table.lastInserted()) {
            return false;
        }
        logPut(entry);
        return true;
    }

    /**
     * Adds a key to a set, or a key with a value of zeros.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @return whether it was absent
     */
    public boolean add(final DirectBuffer key, final int keyOffset) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        return addZeros(key.byteArray(), key.addressOffset() + keyOffset);
    }

    boolean addZeros(final byte[] keyBase, final long keyAt) {
        return insert(keyBase, keyAt, null, 0);
    }

    /**
     * Sets the value of a key that has a given value now.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param expected holds the value it must have; an absent key has none
     * @param expectedOffset its first byte
     * @param value holds the new value
     * @param valueOffset its first byte
     * @return whether it was set
     */
    public boolean compareAndSet(
            final DirectBuffer key,
            final int keyOffset,
            final DirectBuffer expected,
            final int expectedOffset,
            final DirectBuffer value,
            final int valueOffset) {
        store.beforeWrite();
        expected.boundsCheck(expectedOffset, valueLength);
        value.boundsCheck(valueOffset, valueLength);
        final long entry = find(key, keyOffset);
        if (entry == FixedBytesTable.NOT_FOUND
                || !RawMemory.equal(
                        expected.byteArray(),
                        expected.addressOffset() + expectedOffset,
                        table.valuePointer(entry),
                        valueLength)) {
            return false;
        }
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        saveUndo(keyBase, keyAt);
        set(keyBase, keyAt, value.byteArray(), value.addressOffset() + valueOffset);
        return true;
    }

    /**
     * Adds to a field of the value of a key in place; a key that is absent counts as one whose value is zeros.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param fieldOffset where in the value the field begins, which is 8 bytes, little-endian
     * @param delta what to add, wrapping around on overflow
     * @return the new value of the field
     */
    public long addAndGet(final DirectBuffer key, final int keyOffset, final int fieldOffset, final long delta) {
        store.beforeWrite();
        scratch.boundsCheck(fieldOffset, Long.BYTES);
        key.boundsCheck(keyOffset, keyLength);
        checkNotUpdating();
        final byte[] keyBase = key.byteArray();
        final long keyAt = key.addressOffset() + keyOffset;
        saveUndo(keyBase, keyAt);
        final long entry;
        final long sum;
        try {
            RawMemory.putLong(added, RawMemory.ARRAY_OFFSET + fieldOffset, delta); // readers see no zeros before it
            try {
                entry = table.insertOrFind(keyBase, keyAt, added, RawMemory.ARRAY_OFFSET);
            } finally {
                RawMemory.putLong(added, RawMemory.ARRAY_OFFSET + fieldOffset, 0);
            }
            if (table.lastInserted()) {
                logPut(entry);
                return delta;
            }
            sum = RawMemory.getLong(table.valuePointer(entry) + fieldOffset) + delta;
            scratch.putLong(0, sum);
            table.overwrite(entry, fieldOffset, scratch.byteArray(), scratch.addressOffset(), Long.BYTES);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        logPut(entry);
        return sum;
    }

    /**
     * Adds to a field of the value of a key in place; a key that is absent counts as one whose value is zeros.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param fieldOffset where in the value the field begins, which is 8 bytes, little-endian
     * @param delta what to add, wrapping around on overflow
     * @return the value of the field before
     */
    public long getAndAdd(final DirectBuffer key, final int keyOffset, final int fieldOffset, final long delta) {
        return addAndGet(key, keyOffset, fieldOffset, delta) - delta;
    }

    /**
     * Changes the value of a key. The updater may do what it likes with the buffer of the key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param updater changes the value
     * @return whether the key is present; when not, the updater was not called
     */
    public boolean update(final DirectBuffer key, final int keyOffset, final ValueUpdater updater) {
        store.beforeWrite();
        final long entry = find(key, keyOffset);
        if (entry == FixedBytesTable.NOT_FOUND) {
            return false;
        }
        update(key, keyOffset, entry, updater);
        return true;
    }

    /**
     * Changes the value of a key; one that is absent is added, and its value is zeros before.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @param updater changes the value
     * @return whether the key was present
     */
    public boolean insertOrUpdate(final DirectBuffer key, final int keyOffset, final ValueUpdater updater) {
        store.beforeWrite();
        final long entry = find(key, keyOffset);
        update(key, keyOffset, entry, updater);
        return entry != FixedBytesTable.NOT_FOUND;
    }

    /** The updater works on a copy, so that nothing has changed when it throws, and may write to other states. */
    private void update(final DirectBuffer key, final int keyOffset, final long entry, final ValueUpdater updater) {
        checkNotUpdating();
        final byte[] keyBase = updatedKey;
        final long keyAt = RawMemory.ARRAY_OFFSET;
        RawMemory.copy(key.byteArray(), key.addressOffset() + keyOffset, keyBase, keyAt, keyLength);
        final boolean present = entry != FixedBytesTable.NOT_FOUND;
        if (!present) {
            scratch.setMemory(0, valueLength, (byte) 0);
        } else if (scratchBytes.length > 0) {
            RawMemory.copy(null, table.valuePointer(entry), scratchBytes, RawMemory.ARRAY_OFFSET, scratchBytes.length);
        }
        updating = true;
        store.beginWalk();
        try {
            updater.update(scratch);
        } finally {
            updating = false;
            store.endWalk();
        }
        store.beforeWrite();
        saveUndo(keyBase, keyAt);
        beforeUpdated(present);
        setAll(keyBase, keyAt, scratchBytes, RawMemory.ARRAY_OFFSET);
    }

    /** The scratch is about to be put: behind what callers know is what was there, if the key was present. */
    void beforeUpdated(final boolean present) {
        // Nothing is there.
    }

    final void checkNotUpdating() {
        if (updating) {
            throw new ConfigurationException("an updater must not update another value of its state: state=" + name());
        }
    }

    /**
     * Removes a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @return whether it was present
     */
    public boolean remove(final DirectBuffer key, final int keyOffset) {
        store.beforeWrite();
        key.boundsCheck(keyOffset, keyLength);
        // Copied: it may lie in this table, where entries move into the place of one that is removed.
        final byte[] keyBase = removedKey;
        final long keyAt = RawMemory.ARRAY_OFFSET;
        RawMemory.copy(key.byteArray(), key.addressOffset() + keyOffset, keyBase, keyAt, keyLength);
        saveUndo(keyBase, keyAt);
        final boolean removed;
        try {
            removed = table.remove(keyBase, keyAt);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (removed) {
            log.remove(id, keyBase, keyAt, keyLength);
        }
        return removed;
    }

    /**
     * Visits all entries, in no order. The consumer must not write to this state; use a {@link #cursor} for that.
     *
     * @param consumer takes each entry once
     */
    public void forEach(final BytesConsumer consumer) {
        forEach(KeyGroupRange.ALL, consumer);
    }

    /**
     * Visits the entries of some key groups, as {@link #forEach(BytesConsumer)} does.
     *
     * @param range which
     * @param consumer takes each entry once
     */
    public void forEach(final KeyGroupRange range, final BytesConsumer consumer) {
        final UnsafeBuffer key = new UnsafeBuffer(new byte[keyLength]); // of this walk: the consumer may begin another
        final UnsafeBuffer value = new UnsafeBuffer(0, 0);
        store.beginWalk();
        try {
            table.forEach(range, entry -> {
                if (isLive(entry)) {
                    table.copyKey(entry, key.byteArray(), key.addressOffset());
                    value.wrap(table.valuePointer(entry), valueLength);
                    consumer.accept(key, value);
                }
            });
        } finally {
            store.endWalk();
        }
    }

    /**
     * Starts a walk that tolerates writes between its steps, with the guarantees of {@link LongLongState#cursor}.
     *
     * @return a cursor before the first entry; allocates as much as the keys of a segment of 64 KiB
     */
    public BytesCursor cursor() {
        store.beforeRead();
        return new Cursor(table.cursor());
    }

    /** A view of the table's cursor; there is nothing to close. */
    private final class Cursor extends BytesCursor {
        private final FixedBytesCursor entries;
        private final UnsafeBuffer key = new UnsafeBuffer(new byte[keyLength]);
        private final UnsafeBuffer value = new UnsafeBuffer(0, 0);

        Cursor(final FixedBytesCursor entries) {
            this.entries = entries;
        }

        @Override
        public boolean next() {
            store.beforeRead();
            do {
                if (!entries.next()) {
                    return false;
                }
            } while (!isLive(entries.entry()));
            table.copyKey(entries.entry(), key.byteArray(), key.addressOffset());
            value.wrap(table.valuePointer(entries.entry()), valueLength);
            return true;
        }

        @Override
        public DirectBuffer key() {
            return key;
        }

        @Override
        public DirectBuffer value() {
            return value;
        }

        @Override
        public void close() {
            // Nothing is kept for it.
        }
    }

    /**
     * Key group of a key.
     *
     * @param key holds the key
     * @param keyOffset its first byte
     * @return 0 .. {@link KeyGroupRange#GROUP_COUNT} - 1
     */
    public int keyGroupOf(final DirectBuffer key, final int keyOffset) {
        key.boundsCheck(keyOffset, keyLength);
        return table.keyGroupOf(key.byteArray(), key.addressOffset() + keyOffset);
    }

    final void saveUndo(final byte[] keyBase, final long keyAt) {
        if (store.inBatch()) {
            final long entry = table.find(keyBase, keyAt);
            store.undoLog()
                    .saveBytes(
                            id,
                            keyBase,
                            keyAt,
                            keyLength,
                            entry == FixedBytesTable.NOT_FOUND ? 0 : table.valuePointer(entry),
                            table.valueLength());
        }
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int foundKeyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int foundValueLength) {
        checkWidth("keyLength", foundKeyLength, keyLength);
        checkWidth("valueLength", foundValueLength, table.valueLength());
        table.put(keyBase, keyOffset, valueBase, valueOffset);
    }

    @Override
    void copyTo(final FirstTimestamps target) {
        table.forEach(entry -> {
            table.copyKey(entry, loggedKey, RawMemory.ARRAY_OFFSET);
            target.put(loggedKey, table.valuePointer(entry), valueLength);
        });
    }

    @Override
    long fetch(final long keyPointer, final int foundKeyLength, final long[] hints, final int index) {
        return foundKeyLength == keyLength ? table.fetch(null, keyPointer, hints, index) : 0;
    }

    @Override
    void checkKey(final byte[] keyBase, final long keyOffset, final int foundKeyLength) {
        checkWidth("keyLength", foundKeyLength, keyLength);
    }
}
