/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.changelog;

/**
 * Receives the records of complete groups, in log order.
 *
 * <p>Threading: called by one thread, the one that replays.
 */
public interface ChangeRecordHandler {
    /**
     * One change. Key and value are in private memory and valid until the method returns.
     *
     * @param type one of PUT, REMOVE, CLEAR_STATE, CREATE_STATE, DROP_STATE, ALTER_STATE, EXPIRY_TIME, or from
     *     OPERATION_FIRST to OPERATION_LAST, in {@link ChangeRecordDescriptor}
     * @param stateId number of the state
     * @param keyPointer native pointer to the key
     * @param keyLength bytes of the key, 0 when the type has none
     * @param valuePointer native pointer to the value
     * @param valueLength bytes of the value, 0 when the type has none
     */
    void onRecord(byte type, int stateId, long keyPointer, int keyLength, long valuePointer, int valueLength);

    /**
     * A put or a removal that will probably come soon; by then it may have been part of a group that is dropped. For
     * asking memory for what the record will touch; nothing may be changed.
     *
     * @param stateId number of the state, which need not exist yet
     * @param keyPointer native pointer to the key, valid until the method returns
     * @param keyLength bytes of the key
     */
    default void onUpcoming(final int stateId, final long keyPointer, final int keyLength) {}

    /** No more upcoming records for now; those announced come next. */
    default void onUpcomingEnd() {}

    /** Changes were made here that the log does not have; the end of a group follows. */
    default void onUnlogged() {}

    /**
     * All records of a group were handed over.
     *
     * @param position log position after the group; reading may resume there
     */
    default void onGroupEnd(final long position) {}
}
