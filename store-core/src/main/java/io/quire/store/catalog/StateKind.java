/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.catalog;

/**
 * Shapes of states. Codes stand in the catalog and never change their meaning. 1..9 are the first kinds, 10..19 are for
 * tables of primitives and bytes, 20..39 for typed states, 40..59 for timers.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum StateKind {
    /** long to long, entries inline. */
    LONG_LONG(1),
    /** bytes to bytes. */
    BYTES(2),
    /** typed key to typed value. */
    VALUE(3),
    /** Set of longs. */
    LONG_SET(10),
    /** long to double, entries inline. */
    LONG_DOUBLE(11),
    /** long to bytes. */
    LONG_BYTES(12),
    /** bytes of one length to bytes of one length, entries inline; the lengths stand for the codecs. */
    FIXED_BYTES(13),
    /** typed key to a list of typed elements. */
    LIST(20),
    /** typed key to a map from typed keys to typed values. */
    MAP(21),
    /** typed key to a typed value that a function reduces into. */
    REDUCING(22),
    /** typed key to a typed accumulator. */
    AGGREGATING(23),
    /** names of sources to their positions; bytes to bytes underneath. */
    SOURCES(32),
    /** timers of typed keys that watermarks make due. */
    EVENT_TIME_TIMERS(40),
    /** timers of typed keys that the clock makes due. */
    PROCESSING_TIME_TIMERS(41);

    private final int code;

    StateKind(final int code) {
        this.code = code;
    }

    /** {@return the number that stands for this kind in the catalog, 1 or more} */
    public int code() {
        return code;
    }

    /**
     * Whether entries are what callers give, which no codec encodes: primitives and bytes. Nothing tells such values
     * with a timestamp from those without, so all have one or none has: its first time to live gives one to all.
     *
     * @return true for tables of primitives and bytes
     */
    public boolean isPrimitive() {
        return switch (this) {
            case LONG_LONG, LONG_DOUBLE, LONG_SET, LONG_BYTES, BYTES, FIXED_BYTES -> true;
            default -> false;
        };
    }

    /**
     * The kind of a code.
     *
     * @param code from the catalog
     * @return its kind, or null when no kind has it
     */
    public static StateKind ofCode(final int code) {
        for (final StateKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        return null;
    }
}
