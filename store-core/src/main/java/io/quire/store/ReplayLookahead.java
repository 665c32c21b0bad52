/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

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
    private final long[] found = new long[RECORDS_MAX];
    private int count;

    /** Only written, so that the compiler does not leave the fetching out. */
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
            found[count] = state.fetch(keyPointer, keyLength);
            announced[count] = state;
            count++;
        } catch (final RuntimeException e) {
            // What is wrong will be met again when the record is applied, and be reported then.
        }
    }

    /** Goes one step further for the records announced, and forgets them. */
    void fetch() {
        try {
            for (int i = 0; i < count; i++) {
                sink += announced[i].fetchFound(found[i]);
            }
        } catch (final RuntimeException e) {
            // As above.
        }
        count = 0;
    }
}
