/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.memory;

/**
 * What an extent is used for; one byte each in the extent map of its window. Codes are part of the page format and
 * never change their meaning.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum ExtentKind {
    /** Unused; its content is undefined. */
    FREE(0),
    /** First extent of a window: extent map, and in window 0 the store root. */
    WINDOW(1),
    /** A further extent of a run; the kind stands at the run's first one. */
    RUN_CONTINUED(2),
    /** Single 4 KiB nodes: directories and table roots. */
    PAGES(3),
    /** A segment of a table with inline entries. */
    FIXED_SEGMENT(4),
    /** A segment of slots that point to records. */
    RECORD_SEGMENT(5),
    /** Records of one size class. */
    RECORD_HEAP(6),
    /** One record too large for any size class. */
    LARGE_RECORD(7);

    private static final ExtentKind[] BY_CODE = values();

    private final byte code;

    ExtentKind(final int code) {
        this.code = (byte) code;
    }

    /** {@return the byte that stands for this kind in an extent map} */
    public byte code() {
        return code;
    }

    /**
     * The kind of a code.
     *
     * @param code byte from an extent map
     * @return its kind, or null when no kind has it
     */
    public static ExtentKind ofCode(final byte code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
