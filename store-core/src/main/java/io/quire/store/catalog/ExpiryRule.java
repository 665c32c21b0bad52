/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

import io.quire.store.errors.ConfigurationException;

/**
 * When what a state holds expires, as the catalog keeps it. A value that carries a timestamp is as old as that says,
 * one that was written before the state had a time to live counts as written when it got one.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param update what sets the timestamp of a value: {@link #OFF}, {@link #ON_CREATE}, {@link #ON_CREATE_AND_WRITE} or
 *     {@link #ON_READ_AND_WRITE}
 * @param ttlMs milliseconds after its timestamp that a value expires, 1 or more; the last one when {@link #OFF}
 * @param sinceMs when the state first got a time to live, milliseconds of the store's clock
 * @param sincePosition log position up to which values were logged without timestamps that do not tell it themselves,
 *     because the state existed before and was copied to get them; 0 = all carry them, or tell
 */
public record ExpiryRule(int update, long ttlMs, long sinceMs, long sincePosition) {
    /** Nothing expires; timestamps are kept all the same. */
    public static final int OFF = 0;
    /** The write that creates a value sets its timestamp. */
    public static final int ON_CREATE = 1;
    /** Every write of a value sets its timestamp. */
    public static final int ON_CREATE_AND_WRITE = 2;
    /** Every write of a value sets its timestamp, and so does every read of it by its key. */
    public static final int ON_READ_AND_WRITE = 3;

    /** Of a state that never had a time to live; not in the encoded form of a descriptor. */
    public static final ExpiryRule NONE = new ExpiryRule(OFF, 0, 0, 0);

    /**
     * Checks what callers give.
     *
     * @throws ConfigurationException when there is no such update, or the time to live is not positive
     */
    public ExpiryRule {
        final boolean none = update == OFF && ttlMs == 0 && sinceMs == 0 && sincePosition == 0;
        if (!none && (update < OFF || update > ON_READ_AND_WRITE || ttlMs < 1 || sincePosition < 0)) {
            throw new ConfigurationException("time to live of a state: update=" + update + " allowed=" + OFF + ".."
                    + ON_READ_AND_WRITE + " ttlMs=" + ttlMs + " allowed=1.. sincePosition=" + sincePosition
                    + " allowed=0..");
        }
    }

    /**
     * When what a state holds expires that had a time to live from the beginning, or was not copied to get it.
     *
     * @param update what sets the timestamp of a value
     * @param ttlMs milliseconds after its timestamp that a value expires
     * @param sinceMs when the state first got a time to live
     */
    public ExpiryRule(final int update, final long ttlMs, final long sinceMs) {
        this(update, ttlMs, sinceMs, 0);
    }

    /**
     * The same rule of a state that existed without timestamps.
     *
     * @param position log position up to which they are missing
     * @return the rule
     */
    public ExpiryRule sincePosition(final long position) {
        return new ExpiryRule(update, ttlMs, sinceMs, position);
    }

    /** {@return whether the state never had a time to live} */
    public boolean isNone() {
        return equals(NONE);
    }

    /** {@return whether values expire} */
    public boolean isOn() {
        return update != OFF;
    }

    /**
     * Whether this may be the rule of a state that had another one.
     *
     * @param earlier the other
     * @return true when no value gets another age
     */
    boolean continues(final ExpiryRule earlier) {
        return earlier.isNone() || (!isNone() && sinceMs == earlier.sinceMs && sincePosition == earlier.sincePosition);
    }

    /** {@return the same rule, switched off} */
    public ExpiryRule off() {
        return isNone() ? this : new ExpiryRule(OFF, ttlMs, sinceMs, sincePosition);
    }

    /**
     * Whether a value has expired: from the first millisecond on that is the time to live after its timestamp.
     *
     * @param timestampMs of the value, any number
     * @param nowMs time, any number
     * @return true when {@code nowMs >= timestampMs + ttlMs}, computed without overflow; never while the rule is off
     */
    public boolean expired(final long timestampMs, final long nowMs) {
        final long newestMs = nowMs - ttlMs; // of those that have expired
        return isOn() && newestMs < nowMs && timestampMs <= newestMs;
    }

    /**
     * The least timestamp with which a value has not expired.
     *
     * @param nowMs time, any number
     * @return milliseconds; {@link Long#MIN_VALUE} when none can have expired
     */
    public long firstLiving(final long nowMs) {
        final long newestMs = nowMs - ttlMs; // of those that have expired
        return isOn() && newestMs < nowMs ? newestMs + 1 : Long.MIN_VALUE;
    }

    /** {@return what sets timestamps and the time to live, for people} */
    public String describe() {
        return switch (update) {
            case ON_CREATE -> ttlMs + " ms after create";
            case ON_CREATE_AND_WRITE -> ttlMs + " ms after write";
            case ON_READ_AND_WRITE -> ttlMs + " ms after read or write";
            default -> "off";
        };
    }

    // Written out: the equality of records is made at run time, which is a good part of opening in a young JVM.
    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof ExpiryRule that
                        && update == that.update
                        && ttlMs == that.ttlMs
                        && sinceMs == that.sinceMs
                        && sincePosition == that.sincePosition);
    }

    @Override
    public int hashCode() {
        return (31 * update + Long.hashCode(ttlMs)) * 31 + Long.hashCode(sinceMs);
    }
}
