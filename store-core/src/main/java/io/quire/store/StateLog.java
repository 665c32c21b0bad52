/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateDescriptor;
import io.quire.store.changelog.ChangeLog;
import io.quire.store.errors.ConfigurationException;
import io.quire.store.errors.StoreFullException;
import io.quire.store.memory.RawMemory;
import java.nio.charset.StandardCharsets;

/**
 * The store's side of the change log: every change goes through here once it is in memory, is acknowledged as the
 * durability asks, and stops the store when it cannot be logged. Without a log it does nothing.
 *
 * <p>Bytes are given as {@link ChangeLog} takes them. {@link StoreFullException} means that the open batch outgrew the
 * log and can only be rolled back; any other exception or error has stopped the store.
 *
 * <p>Threading: confined to the store's writer.
 */
final class StateLog {
    private final StateStore store;
    private ChangeLog changeLog;
    private WriteAcknowledger forcer;
    private boolean everyWriteForced;
    private boolean groupTooLarge;
    private long endPosition; // of the log that was kept before, when there is none now

    StateLog(final StateStore store) {
        this.store = store;
    }

    /** Both log and forcer, or neither. */
    void attach(
            final ChangeLog log,
            final WriteAcknowledger writeForcer,
            final boolean isEveryWriteForced,
            final long logPosition) {
        endPosition = logPosition;
        changeLog = log;
        forcer = writeForcer;
        everyWriteForced = isEveryWriteForced;
    }

    /** Whether there is a log: when not, what a record would take need not be put together. */
    boolean attached() {
        return changeLog != null;
    }

    /** Log position after the last change; outside of batches. */
    long position() {
        return changeLog == null ? endPosition : changeLog.position();
    }

    /** Throws when there is no log that a write could be forced to. */
    void checkLogged() {
        if (changeLog == null) {
            throw new ConfigurationException(
                    "the store keeps no change log, so only a checkpoint makes a write survive: durability=NONE");
        }
    }

    /** Waits until everything logged survives power loss. */
    void force() {
        try {
            forcer.await(changeLog.position());
        } catch (final RuntimeException | Error e) {
            throw store.fail(e);
        }
    }

    void putLong(final int stateId, final long key, final long value) {
        if (changeLog != null) {
            try {
                changeLog.putLong(stateId, key, value);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void removeLong(final int stateId, final long key) {
        if (changeLog != null) {
            try {
                changeLog.removeLong(stateId, key);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void put(
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        if (changeLog != null) {
            try {
                changeLog.put(stateId, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void remove(final int stateId, final byte[] keyBase, final long keyOffset, final int keyLength) {
        if (changeLog != null) {
            try {
                changeLog.remove(stateId, keyBase, keyOffset, keyLength);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    /** An operation that the kind of state gives its meaning, see {@link KeyedState#applyOperation}. */
    void operation(
            final byte type,
            final int stateId,
            final byte[] keyBase,
            final long keyOffset,
            final int keyLength,
            final byte[] valueBase,
            final long valueOffset,
            final int valueLength) {
        if (changeLog != null) {
            try {
                changeLog.operation(type, stateId, keyBase, keyOffset, keyLength, valueBase, valueOffset, valueLength);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void clear(final int stateId) {
        if (changeLog != null) {
            try {
                changeLog.clearState(stateId);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void create(final StateDescriptor descriptor) {
        if (changeLog != null) {
            final byte[] name = descriptor.name().getBytes(StandardCharsets.UTF_8);
            final byte[] encoded = descriptor.encode();
            try {
                changeLog.createState(
                        descriptor.id(),
                        name,
                        RawMemory.ARRAY_OFFSET,
                        name.length,
                        encoded,
                        RawMemory.ARRAY_OFFSET,
                        encoded.length);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void alter(final StateDescriptor descriptor, final byte[] encoded) {
        if (changeLog != null) {
            try {
                changeLog.alterState(descriptor.id(), encoded, RawMemory.ARRAY_OFFSET, encoded.length);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    /** With what the state was until now. */
    void drop(final StateDescriptor descriptor) {
        if (changeLog != null) {
            final byte[] name = descriptor.name().getBytes(StandardCharsets.UTF_8);
            final byte[] encoded = descriptor.encode();
            try {
                changeLog.dropState(
                        descriptor.id(),
                        name,
                        RawMemory.ARRAY_OFFSET,
                        name.length,
                        encoded,
                        RawMemory.ARRAY_OFFSET,
                        encoded.length);
                acknowledge();
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    /** Whether {@link #expiryTime} would not wait for the consumer of the ring. */
    boolean hasRoomForExpiryTime() {
        return changeLog == null || changeLog.hasRoomForExpiryTime();
    }

    /**
     * The time by which values expire. Outside of batches.
     *
     * @param acknowledged as any write; otherwise nobody waits for it, the next force takes it along
     */
    void expiryTime(final long timeMs, final boolean acknowledged) {
        if (changeLog != null) {
            try {
                changeLog.expiryTime(timeMs);
                if (acknowledged) {
                    acknowledge();
                }
            } catch (final RuntimeException | Error e) {
                throw failed(e);
            }
        }
    }

    void beginGroup() {
        groupTooLarge = false;
        if (changeLog != null) {
            changeLog.beginGroup();
        }
    }

    /** The open batch has a change that found no room in the log. */
    boolean groupTooLarge() {
        return groupTooLarge;
    }

    /** The store counts as outside the batch already. Forced whatever the durability, where asked for. */
    void commitGroup(final boolean forced) {
        if (changeLog != null) {
            try {
                changeLog.commitGroup();
                if (forced) {
                    forcer.await(changeLog.position());
                } else {
                    acknowledge();
                }
            } catch (final RuntimeException | Error e) {
                throw store.fail(e);
            }
        }
    }

    void abortGroup() {
        groupTooLarge = false;
        if (changeLog != null) {
            changeLog.abortGroup();
        }
    }

    /** A group that outgrew the log can still be rolled back; anything else means that memory and log differ. */
    private RuntimeException failed(final Throwable e) {
        if (store.inBatch() && e instanceof StoreFullException full) {
            groupTooLarge = true;
            return full;
        }
        return store.fail(e);
    }

    private void acknowledge() {
        // Nobody was promised a removal by the cleaner: the next force takes it along, and before it nothing is late.
        if (everyWriteForced && !store.inBatch() && !store.expiryCleaner().running()) {
            forcer.await(changeLog.position());
        }
    }
}
