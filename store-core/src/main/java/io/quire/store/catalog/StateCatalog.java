/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.CorruptStoreException;
import io.quire.store.memory.PagedMemory;
import io.quire.store.memory.RawMemory;
import io.quire.store.table.RecordTable;
import java.nio.charset.StandardCharsets;

/**
 * The catalog of a store: a table in pages from the name of a state to {@code [root address of its table, 8 bytes]
 * [descriptor]}. Its own root stands in a root slot of the memory.
 *
 * <p>Threading: confined to the store's writer.
 */
public final class StateCatalog {
    /** Root slot of the time by which values expire, milliseconds less {@link Long#MIN_VALUE}; 0 = none. */
    public static final int EXPIRY_TIME_SLOT = 2;

    private static final int ROOT_SLOT = 0; // address of the catalog table's root; 0 = new store
    private static final int NEXT_ID_SLOT = 1; // id of the next state
    private static final int ROOT_ADDRESS_LENGTH = Long.BYTES;

    private final PagedMemory memory;
    private final RecordTable table;

    private StateCatalog(final PagedMemory memory, final RecordTable table) {
        this.memory = memory;
        this.table = table;
    }

    /**
     * Opens the catalog of a memory, or creates it in a new one.
     *
     * @param memory new or recovered
     * @return the catalog
     * @throws CorruptStoreException when the root does not lead to a table
     */
    public static StateCatalog open(final PagedMemory memory) {
        final long root = memory.rootSlot(ROOT_SLOT);
        if (root != 0) {
            return new StateCatalog(memory, RecordTable.open(memory, root));
        }
        final RecordTable table = RecordTable.create(memory);
        memory.rootSlot(NEXT_ID_SLOT, 1);
        memory.rootSlot(ROOT_SLOT, table.rootAddress());
        return new StateCatalog(memory, table);
    }

    /** {@return id of the next state to be added} */
    public int nextId() {
        return (int) memory.rootSlot(NEXT_ID_SLOT);
    }

    /**
     * Adds a state.
     *
     * @param descriptor its id is {@link #nextId()}, its name is new
     * @param rootAddress root of its table
     */
    public void add(final StateDescriptor descriptor, final long rootAddress) {
        replace(descriptor, rootAddress);
        memory.rootSlot(NEXT_ID_SLOT, descriptor.id() + 1L);
    }

    /**
     * Gives a state another descriptor.
     *
     * @param descriptor of a state that is there
     * @param rootAddress root of its table
     */
    public void replace(final StateDescriptor descriptor, final long rootAddress) {
        final byte[] name = descriptor.name().getBytes(StandardCharsets.UTF_8);
        final byte[] encoded = descriptor.encode();
        final byte[] value = new byte[ROOT_ADDRESS_LENGTH + encoded.length];
        RawMemory.putLong(value, RawMemory.ARRAY_OFFSET, rootAddress);
        System.arraycopy(encoded, 0, value, ROOT_ADDRESS_LENGTH, encoded.length);
        table.put(name, RawMemory.ARRAY_OFFSET, name.length, value, RawMemory.ARRAY_OFFSET, value.length);
    }

    /**
     * Removes a state.
     *
     * @param name its name
     */
    public void remove(final String name) {
        final byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        table.remove(bytes, RawMemory.ARRAY_OFFSET, bytes.length);
    }

    /**
     * Visits all states.
     *
     * @param consumer takes each once, in no order
     */
    public void forEach(final Consumer consumer) {
        table.forEach(record -> {
            final byte[] name = copy(table.keyPointer(record), table.keyLength(record));
            final byte[] value = copy(table.valuePointer(record), table.valueLength(record));
            if (value.length < ROOT_ADDRESS_LENGTH) {
                throw new CorruptStoreException("catalog entry too short: found=" + value.length);
            }
            final byte[] encoded = new byte[value.length - ROOT_ADDRESS_LENGTH];
            System.arraycopy(value, ROOT_ADDRESS_LENGTH, encoded, 0, encoded.length);
            consumer.accept(
                    StateDescriptor.decode(new String(name, StandardCharsets.UTF_8), encoded),
                    RawMemory.getLong(value, RawMemory.ARRAY_OFFSET));
        });
    }

    private static byte[] copy(final long pointer, final int length) {
        final byte[] bytes = new byte[length];
        RawMemory.copy(null, pointer, bytes, RawMemory.ARRAY_OFFSET, length);
        return bytes;
    }

    /**
     * Takes the states of a catalog.
     *
     * <p>Threading: called by the thread that iterates.
     */
    @FunctionalInterface
    public interface Consumer {
        /**
         * Accepts one state.
         *
         * @param descriptor the state
         * @param rootAddress root of its table
         */
        void accept(StateDescriptor descriptor, long rootAddress);
    }
}
