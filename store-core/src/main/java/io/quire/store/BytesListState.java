/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeRecordDescriptor;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.CorruptStoreException;
import io.quire.store.errors.StateStoreException;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.ListCursor;
import io.quire.store.table.ListTable;
import io.quire.store.table.RecordTable;

/**
 * Lists of byte strings under byte keys, what a typed list state is a typed view of. Keys and items are given as {@link
 * ListTable} takes them; keys in arrays only.
 *
 * <p>Threading: single writer, which also reads.
 */
final class BytesListState extends KeyedState {
    private static final int RENEWAL_LENGTH = Long.BYTES + Long.BYTES + Integer.BYTES;

    private final ListTable table;
    private final byte[] renewal = new byte[RENEWAL_LENGTH];
    private final byte[] mark = new byte[ListTable.MARK_LENGTH];
    private byte[] splitValue = new byte[ListTable.MARK_LENGTH + 64];

    BytesListState(final StateStore store, final StateDescriptor descriptor, final ListTable table) {
        super(store, descriptor, table);
        this.table = table;
    }

    ListTable table() {
        return table;
    }

    long count(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeRead();
        return table.count(key, keyOffset, keyLength);
    }

    ListCursor cursor(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeRead();
        return table.cursor(key, keyOffset, keyLength);
    }

    /** As {@link #cursor}, for a look at elements that is over before the next one, and before the next write. */
    ListCursor scan(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeRead();
        return table.scan(key, keyOffset, keyLength);
    }

    void append(
            final byte[] key,
            final long keyOffset,
            final int keyLength,
            final byte[] item,
            final long itemOffset,
            final int itemLength) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveMark(key, keyOffset, keyLength);
        }
        try {
            table.append(key, keyOffset, keyLength, item, itemOffset, itemLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.operation(
                ChangeRecordDescriptor.TYPE_LIST_APPEND, id, key, keyOffset, keyLength, item, itemOffset, itemLength);
    }

    /** All of the items, at least one, or none. */
    void appendAll(
            final byte[] key,
            final long keyOffset,
            final int keyLength,
            final byte[] items,
            final long itemsOffset,
            final int itemsLength) {
        store.beforeWrite();
        if (store.inBatch()) {
            saveMark(key, keyOffset, keyLength);
        }
        try {
            table.appendAll(key, keyOffset, keyLength, items, itemsOffset, itemsLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.operation(
                ChangeRecordDescriptor.TYPE_LIST_APPEND,
                id,
                key,
                keyOffset,
                keyLength,
                items,
                itemsOffset,
                itemsLength);
    }

    /** At least one item. */
    void replace(
            final byte[] key,
            final long keyOffset,
            final int keyLength,
            final byte[] items,
            final long itemsOffset,
            final int itemsLength) {
        store.beforeWrite();
        final boolean batch = store.inBatch();
        if (batch) {
            store.undoLog().ensureRoom((long) keyLength + ListTable.MARK_LENGTH);
        }
        final boolean replaced;
        try {
            replaced = table.replace(key, keyOffset, keyLength, items, itemsOffset, itemsLength, batch ? mark : null);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (batch) {
            saveKept(key, keyOffset, keyLength, replaced);
        }
        log.operation(
                ChangeRecordDescriptor.TYPE_LIST_REPLACE,
                id,
                key,
                keyOffset,
                keyLength,
                items,
                itemsOffset,
                itemsLength);
    }

    boolean remove(final byte[] key, final long keyOffset, final int keyLength) {
        store.beforeWrite();
        final boolean batch = store.inBatch();
        if (batch) {
            store.undoLog().ensureRoom((long) keyLength + ListTable.MARK_LENGTH);
        }
        final boolean removed;
        try {
            removed = batch
                    ? table.removeKeeping(key, keyOffset, keyLength, mark)
                    : table.remove(key, keyOffset, keyLength);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        if (removed) {
            if (batch) {
                saveKept(key, keyOffset, keyLength, true);
            }
            log.remove(id, key, keyOffset, keyLength);
        }
        return removed;
    }

    /** Removes the first elements of a list, or all if it has no more; outside of batches. */
    void removeFirst(final byte[] key, final long keyOffset, final int keyLength, final long elementCount) {
        store.beforeWrite();
        if (elementCount >= table.count(key, keyOffset, keyLength)) {
            remove(key, keyOffset, keyLength);
            return;
        }
        try {
            table.removeFirst(key, keyOffset, keyLength, elementCount);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        RawMemory.putLong(mark, RawMemory.ARRAY_OFFSET, elementCount);
        log.operation(
                ChangeRecordDescriptor.TYPE_LIST_REMOVE_FIRST,
                id,
                key,
                keyOffset,
                keyLength,
                mark,
                RawMemory.ARRAY_OFFSET,
                Long.BYTES);
    }

    /**
     * Sets the timestamps of all elements that are as old as a limit or younger; all of those carry one. After {@link
     * StateStore#beforeWrite}.
     */
    void renew(
            final byte[] key,
            final long keyOffset,
            final int keyLength,
            final int timestampFromEnd,
            final long firstLivingMs,
            final long timestampMs) {
        if (store.inBatch()) {
            saveTimestamps(key, keyOffset, keyLength, timestampFromEnd);
        }
        final long at = RawMemory.ARRAY_OFFSET;
        RawMemory.putLong(renewal, at, timestampMs);
        RawMemory.putLong(renewal, at + Long.BYTES, firstLivingMs);
        RawMemory.putInt(renewal, at + 2 * Long.BYTES, timestampFromEnd);
        try {
            applyRenew(key, keyOffset, keyLength, renewal, at, renewal.length);
        } catch (final StateStoreException | Error e) {
            throw store.changeFailed(e);
        }
        log.operation(
                ChangeRecordDescriptor.TYPE_LIST_RENEW, id, key, keyOffset, keyLength, renewal, at, renewal.length);
    }

    /** {@code [where the timestamp begins, from the end][timestamp of each element]}. */
    private void saveTimestamps(
            final byte[] key, final long keyOffset, final int keyLength, final int timestampFromEnd) {
        final long length = Integer.BYTES + table.count(key, keyOffset, keyLength) * Long.BYTES;
        store.undoLog().ensureRoom(keyLength + length);
        final byte[] saved = new byte[(int) length];
        RawMemory.putInt(saved, RawMemory.ARRAY_OFFSET, timestampFromEnd);
        long at = RawMemory.ARRAY_OFFSET + Integer.BYTES;
        for (final ListCursor cursor = table.scan(key, keyOffset, keyLength); cursor.next(); at += Long.BYTES) {
            final int offset = timestampOffset(cursor, timestampFromEnd);
            RawMemory.putLong(saved, at, RawMemory.getLong(cursor.elementPointer() + offset));
        }
        store.undoLog().save(UndoLog.TYPE_LIST_AGE, id, key, keyOffset, keyLength, saved, RawMemory.ARRAY_OFFSET, (int)
                length);
    }

    @Override
    ExpiryPass expiryPass() {
        return new ListExpiryPass(this);
    }

    /** Appends the elements of the source to the target, in constant time; the two keys differ. */
    void merge(
            final byte[] target,
            final long targetOffset,
            final int targetLength,
            final byte[] source,
            final long sourceOffset,
            final int sourceLength) {
        store.beforeWrite();
        if (table.count(source, sourceOffset, sourceLength) == 0) {
            return;
        }
        if (rewrite != null) { // before anything has changed: there may be no memory for it
            final byte[] key = new byte[targetLength];
            RawMemory.copy(target, targetOffset, key, RawMemory.ARRAY_OFFSET, targetLength);
            rewrite.valuesMovedTo(key);
        }
        final int saved = store.undoLog().length();
        if (store.inBatch()) {
            saveSplit(target, targetOffset, targetLength, source, sourceOffset, sourceLength);
        }
        try {
            table.merge(target, targetOffset, targetLength, source, sourceOffset, sourceLength);
        } catch (final StateStoreException | Error e) {
            store.undoLog().truncate(saved); // nothing has been merged
            throw store.changeFailed(e);
        }
        log.operation(
                ChangeRecordDescriptor.TYPE_LIST_MERGE,
                id,
                target,
                targetOffset,
                targetLength,
                source,
                sourceOffset,
                sourceLength);
    }

    private void saveMark(final byte[] key, final long keyOffset, final int keyLength) {
        final int length = table.mark(key, keyOffset, keyLength, mark);
        store.undoLog()
                .save(UndoLog.TYPE_LIST_CUT_OFF, id, key, keyOffset, keyLength, mark, RawMemory.ARRAY_OFFSET, length);
    }

    /** After a change that has kept the old elements, if there were any; room was made before it. */
    private void saveKept(final byte[] key, final long keyOffset, final int keyLength, final boolean kept) {
        if (kept) {
            store.undoLog()
                    .saveKept(UndoLog.TYPE_LIST_PUT_BACK, id, key, keyOffset, keyLength, mark, ListTable.KEPT_LENGTH);
        } else {
            store.undoLog().save(UndoLog.TYPE_LIST_CUT_OFF, id, key, keyOffset, keyLength, null, 0, 0);
        }
    }

    /** {@code [length of the mark][mark][key of the source]}. */
    private void saveSplit(
            final byte[] target,
            final long targetOffset,
            final int targetLength,
            final byte[] source,
            final long sourceOffset,
            final int sourceLength) {
        final int markLength = table.mark(target, targetOffset, targetLength, mark);
        final int length = Integer.BYTES + markLength + sourceLength;
        if (splitValue.length < length) {
            splitValue = new byte[length];
        }
        final long start = RawMemory.ARRAY_OFFSET;
        RawMemory.putInt(splitValue, start, markLength);
        RawMemory.copy(mark, start, splitValue, start + Integer.BYTES, markLength);
        RawMemory.copy(source, sourceOffset, splitValue, start + Integer.BYTES + markLength, sourceLength);
        store.undoLog()
                .save(UndoLog.TYPE_LIST_SPLIT, id, target, targetOffset, targetLength, splitValue, start, length);
    }

    @Override
    public void checkInvariants() {
        store.beforeRead();
        if (store.inBatch()) {
            throw new ConfigurationException("lists cannot be checked inside a batch, which keeps removed elements");
        }
        super.checkInvariants();
    }

    @Override
    void copyTo(final FirstTimestamps target) {
        final RecordTable heads = table.heads();
        heads.forEach(head -> {
            final int keyLength = heads.keyLength(head);
            for (final ListCursor cursor = table.cursor(null, heads.keyPointer(head), keyLength); cursor.next(); ) {
                target.append(heads.keyPointer(head), keyLength, cursor.elementPointer(), cursor.elementLength());
            }
        });
    }

    @Override
    void applyPut(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        throw new CorruptStoreException("change record puts to a list: state=" + name());
    }

    @Override
    void applyOperation(
            final byte type,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        switch (type) {
            case ChangeRecordDescriptor.TYPE_LIST_APPEND ->
                table.appendAll(keyBase, keyOffset, keyLength, valueBase, valueOffset, checkedLength(valueLength));
            case ChangeRecordDescriptor.TYPE_LIST_REPLACE ->
                table.replace(keyBase, keyOffset, keyLength, valueBase, valueOffset, checkedLength(valueLength), null);
            case ChangeRecordDescriptor.TYPE_LIST_MERGE ->
                applyMerge(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            case ChangeRecordDescriptor.TYPE_LIST_REMOVE_FIRST ->
                applyRemoveFirst(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            case ChangeRecordDescriptor.TYPE_LIST_RENEW ->
                applyRenew(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            case UndoLog.TYPE_LIST_AGE -> applyAge(keyBase, keyOffset, keyLength, valueBase, valueOffset);
            case UndoLog.TYPE_LIST_CUT_OFF ->
                table.rollBack(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            case UndoLog.TYPE_LIST_PUT_BACK -> table.putBack(keyBase, keyOffset, keyLength, valueBase, valueOffset);
            case UndoLog.TYPE_LIST_SPLIT ->
                applySplit(keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
            default -> super.applyOperation(type, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
        }
    }

    private int checkedLength(final int itemsLength) {
        if (itemsLength == 0) {
            throw new CorruptStoreException("change record without elements: state=" + name());
        }
        return itemsLength;
    }

    private void applyRemoveFirst(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final long elementCount = valueLength == Long.BYTES ? RawMemory.getLong(valueBase, valueOffset) : 0;
        if (elementCount < 1 || elementCount >= table.count(keyBase, keyOffset, keyLength)) {
            throw new CorruptStoreException(
                    "change record removes elements that are not there: state=" + name() + " elements=" + elementCount);
        }
        table.removeFirst(keyBase, keyOffset, keyLength, elementCount);
    }

    private void applyRenew(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final int fromEnd =
                valueLength == RENEWAL_LENGTH ? RawMemory.getInt(valueBase, valueOffset + 2 * Long.BYTES) : 0;
        if (fromEnd < Long.BYTES || table.count(keyBase, keyOffset, keyLength) == 0) {
            throw new CorruptStoreException("change record sets timestamps that are not there: state=" + name()
                    + " valueLength=" + valueLength + " fromEnd=" + fromEnd);
        }
        final long timestampMs = RawMemory.getLong(valueBase, valueOffset);
        final long firstLivingMs = RawMemory.getLong(valueBase, valueOffset + Long.BYTES);
        for (final ListCursor cursor = table.scan(keyBase, keyOffset, keyLength); cursor.next(); ) {
            final int offset = timestampOffset(cursor, fromEnd);
            if (RawMemory.getLong(cursor.elementPointer() + offset) >= firstLivingMs) {
                RawMemory.putLong(cursor.partForWrite(offset, Long.BYTES), timestampMs);
            }
        }
    }

    private int timestampOffset(final ListCursor cursor, final int fromEnd) {
        final int offset = cursor.elementLength() - fromEnd;
        if (offset < 0) {
            throw new CorruptStoreException("element of a list has no timestamp: state=" + name() + " length="
                    + cursor.elementLength() + " fromEnd=" + fromEnd);
        }
        return offset;
    }

    private void applyAge(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset) {
        final int fromEnd = RawMemory.getInt(valueBase, valueOffset);
        long at = valueOffset + Integer.BYTES;
        for (final ListCursor cursor = table.scan(keyBase, keyOffset, keyLength); cursor.next(); at += Long.BYTES) {
            final int offset = timestampOffset(cursor, fromEnd);
            RawMemory.putLong(cursor.partForWrite(offset, Long.BYTES), RawMemory.getLong(valueBase, at));
        }
    }

    private void applyMerge(
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] sourceBase,
            final long sourceOffset,
            final int sourceLength) {
        if (table.count(sourceBase, sourceOffset, sourceLength) == 0
                || (keyLength == sourceLength && equal(keyBase, keyOffset, sourceBase, sourceOffset, keyLength))) {
            throw new CorruptStoreException("change record merges a list that is not there: state=" + name());
        }
        table.merge(keyBase, keyOffset, keyLength, sourceBase, sourceOffset, sourceLength);
    }

    private static boolean equal(
            final byte[] base, final long offset, final byte[] otherBase, final long otherOffset, final int length) {
        for (int i = 0; i < length; i++) {
            if (RawMemory.getByte(base, offset + i) != RawMemory.getByte(otherBase, otherOffset + i)) {
                return false;
            }
        }
        return true;
    }

    private void applySplit(
            final byte[] targetBase,
            final long targetOffset,
            final int targetLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        final int markLength = RawMemory.getInt(valueBase, valueOffset);
        final long markOffset = valueOffset + Integer.BYTES;
        table.split(
                targetBase,
                targetOffset,
                targetLength,
                valueBase,
                markOffset,
                markLength,
                markOffset + markLength,
                valueLength - Integer.BYTES - markLength);
    }

    @Override
    void discard(final byte[] keptBase, final long keptOffset) {
        table.discard(keptBase, keptOffset);
    }
}
