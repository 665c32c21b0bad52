/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * What a file of a store is, with the versions of its format that this code writes and reads. The code is written in
 * every header, so that a file found in the wrong place is named for what it is.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum FileKind {
    /** Changed lines of pages, one file a checkpoint. */
    CHECKPOINT(1, 2, 0, 1),
    /** The root that names the files of a checkpoint. */
    MANIFEST(2, 1, 0, 1),
    /** A part of the change log. */
    LOG_SEGMENT(3, 1, 0, 1),
    /** The ring between the writer and the change log. */
    LOG_RING(4, 1, 0, 1);

    private final int code;
    private final int major;
    private final int minor;
    private final int oldestMajor;

    FileKind(final int code, final int major, final int minor, final int oldestMajor) {
        this.code = code;
        this.major = major;
        this.minor = minor;
        this.oldestMajor = oldestMajor;
    }

    /** {@return number in the header; never 0} */
    public int code() {
        return code;
    }

    /** {@return major version written; a greater one in a file cannot be read} */
    public int major() {
        return major;
    }

    /** {@return minor version written; a greater one in a file can be read} */
    public int minor() {
        return minor;
    }

    /** {@return oldest major version that can be read} */
    public int oldestMajor() {
        return oldestMajor;
    }

    /**
     * Name of a kind for messages.
     *
     * @param code number in a header
     * @return the kind's name, or the number when there is none
     */
    public static String describe(final int code) {
        for (final FileKind kind : values()) {
            if (kind.code == code) {
                return kind.name();
            }
        }
        return "unknown kind " + code;
    }
}
