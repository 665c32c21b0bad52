/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import static io.quire.store.memory.PageDescriptor.LINE_LENGTH;
import static io.quire.store.memory.PageDescriptor.PAGE_LENGTH;

import io.quire.store.memory.RawMemory;

/**
 * Asks memory for what the next records of a replay will touch, several at once, so that their cache misses overlap
 * instead of being waited for one after the other. Changes nothing.
 *
 * <p>Threading: confined to the thread that replays.
 */
final class ReplayLookahead {
    /** Most records that are announced together: more would push each other out of the nearest cache. */
    static final int RECORDS_MAX = 32;

    private final StateRegistry registry;
    private final KeyedState[] announced = new KeyedState[RECORDS_MAX];
    private final long[] pointers = new long[RECORDS_MAX];
    private final long[] nextLines = new long[RECORDS_MAX];
    private final long[] hints = new long[RECORDS_MAX];
    private int count;

    /** Only written, so that the compiler does not leave the loads out. */
    @SuppressWarnings("UnusedVariable")
    private long sink;

    /**
     * Creates a lookahead.
     *
     * @param states of the store that is being recovered
     */
    ReplayLookahead(final StateRegistry states) {
        registry = states;
    }

    /**
     * Says that a record will be applied soon.
     *
     * @param stateId state it belongs to; it need not exist yet
     * @param keyPointer native pointer to the key
     * @param keyLength its bytes
     */
    void announce(final int stateId, final long keyPointer, final int keyLength) {
        final KeyedState state = registry.ofIdOrNull(stateId);
        if (state == null || count == RECORDS_MAX) {
            return;
        }
        try {
            final long pointer = state.fetch(keyPointer, keyLength, hints, count);
            if (pointer != 0) {
                pointers[count] = pointer;
                announced[count] = state;
                count++;
            }
        } catch (final RuntimeException e) {
            // What is wrong will be met again when the record is applied, and be reported then.
        }
    }

    /**
     * Loads what was announced, then what that leads to, and forgets it. The loads of a step stand in a loop of their
     * own: with what finds the places in between, the processor would look ahead to two or three of them only.
     */
    void fetch() {
        long all = 0;
        for (int i = 0; i < count; i++) {
            all ^= RawMemory.getLong(pointers[i]);
        }
        final int found = findNext();
        for (int i = 0; i < found; i++) {
            all ^= RawMemory.getLong(pointers[i]) ^ RawMemory.getLong(nextLines[i]) ^ RawMemory.getLong(hints[i]);
        }
        sink = all;
        count = 0;
    }

    /** Replaces the places looked at by those to look at next; returns how many these are. */
    private int findNext() {
        int found = 0;
        for (int i = 0; i < count; i++) {
            try {
                final long pointer = pointers[i];
                final long next = announced[i].fetchFound(pointer, hints, i);
                pointers[found] = next;
                nextLines[found] = next == pointer ? pointer : nextLineInPage(next);
                hints[found] = hints[i];
                found++;
            } catch (final RuntimeException e) {
                // As above.
            }
        }
        return found;
    }

    private static long nextLineInPage(final long pointer) {
        return (pointer & (PAGE_LENGTH - 1)) < PAGE_LENGTH - LINE_LENGTH ? pointer + LINE_LENGTH : pointer;
    }
}
