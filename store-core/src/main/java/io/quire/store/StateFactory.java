/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.catalog.StateKind;
import io.quire.store.memory.PagedMemory;
import io.quire.store.table.FixedBytesTable;
import io.quire.store.table.FixedTable;
import io.quire.store.table.ListTable;
import io.quire.store.table.MapTable;
import io.quire.store.table.RecordTable;
import io.quire.store.table.TimerTable;

/**
 * Which class stands for which kind of state. A new kind of state is one line here, one in {@link
 * io.quire.store.catalog.StateKind}, and its own class.
 *
 * <p>Threading: confined to the store's writer.
 */
final class StateFactory {
    private static final long NEW = 0;

    private StateFactory() {}

    /** Creates the table of a new state. */
    static KeyedState create(final StateStore store, final StateDescriptor descriptor) {
        return open(store, descriptor, NEW);
    }

    /** Opens the state whose table has this root. */
    static KeyedState open(final StateStore store, final StateDescriptor descriptor, final long root) {
        final PagedMemory memory = store.memory();
        return switch (descriptor.kind()) {
            case LONG_LONG, LONG_DOUBLE, LONG_SET ->
                descriptor.expiry().isNone()
                        ? plain(store, descriptor, memory, root)
                        : timestamped(store, descriptor, memory, root);
            case LONG_BYTES -> new LongBytesState(store, descriptor, recordTable(memory, root));
            case FIXED_BYTES ->
                root == NEW ? FixedBytesState.create(store, descriptor) : FixedBytesState.open(store, descriptor, root);
            case BYTES ->
                descriptor.expiry().isNone()
                        ? new BytesState(store, descriptor, recordTable(memory, root))
                        : new TimestampedBytesState(store, descriptor, recordTable(memory, root));
            case VALUE, REDUCING, AGGREGATING, SOURCES -> new BytesState(store, descriptor, recordTable(memory, root));
            case LIST -> new BytesListState(store, descriptor, listTable(memory, root));
            case MAP -> new BytesMapState(store, descriptor, mapTable(memory, root));
            case EVENT_TIME_TIMERS, PROCESSING_TIME_TIMERS ->
                new BytesTimerState(store, descriptor, timerTable(memory, root));
        };
    }

    private static KeyedState plain(
            final StateStore store, final StateDescriptor descriptor, final PagedMemory memory, final long root) {
        return switch (descriptor.kind()) {
            case LONG_LONG -> new PlainLongLongState(store, descriptor, fixedTable(memory, root));
            case LONG_DOUBLE -> new LongDoubleState(store, descriptor, fixedTable(memory, root));
            default -> new LongSetState(store, descriptor, longTable(memory, root, 0));
        };
    }

    /** States of longs that have had a time to live. */
    private static KeyedState timestamped(
            final StateStore store, final StateDescriptor descriptor, final PagedMemory memory, final long root) {
        final boolean isSet = descriptor.kind() == StateKind.LONG_SET;
        final FixedBytesTable table =
                longTable(memory, root, isSet ? TrailingTimestamps.LENGTH : TimestampedLongLongState.VALUE_LENGTH);
        return switch (descriptor.kind()) {
            case LONG_LONG -> new TimestampedLongLongState(store, descriptor, table);
            case LONG_DOUBLE -> new LongDoubleState(store, descriptor, table);
            default -> new TimestampedLongSetState(store, descriptor, table);
        };
    }

    private static FixedTable fixedTable(final PagedMemory memory, final long root) {
        return root == NEW ? FixedTable.create(memory) : FixedTable.open(memory, root);
    }

    private static FixedBytesTable longTable(final PagedMemory memory, final long root, final int valueLength) {
        return root == NEW
                ? FixedBytesTable.create(memory, Long.BYTES, valueLength)
                : FixedBytesTable.open(memory, root);
    }

    private static RecordTable recordTable(final PagedMemory memory, final long root) {
        return root == NEW ? RecordTable.create(memory) : RecordTable.open(memory, root);
    }

    private static ListTable listTable(final PagedMemory memory, final long root) {
        return root == NEW ? ListTable.create(memory) : ListTable.open(memory, root);
    }

    private static MapTable mapTable(final PagedMemory memory, final long root) {
        return root == NEW ? MapTable.create(memory) : MapTable.open(memory, root);
    }

    private static TimerTable timerTable(final PagedMemory memory, final long root) {
        return root == NEW ? TimerTable.create(memory) : TimerTable.open(memory, root);
    }
}
