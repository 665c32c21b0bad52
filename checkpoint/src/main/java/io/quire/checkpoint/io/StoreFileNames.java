/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * Names of checkpoint files and manifests: a word, a dash and a number in 16 hexadecimal digits, so that names sort
 * by number. Names are built from numbers only; no name is ever read out of a file, so no file can point elsewhere.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class StoreFileNames {
    /** What {@code parse} methods return for a name that is not of the kind asked for; never a valid number. */
    public static final long NOT_A_MATCH = 0;

    private static final String CHECKPOINT_PREFIX = "checkpoint-";
    private static final String MANIFEST_PREFIX = "manifest-";
    private static final String TEMPORARY_SUFFIX = ".tmp";

    private StoreFileNames() {}

    /**
     * Name of a checkpoint file.
     *
     * @param number its number, greater than 0
     * @return name
     */
    public static String checkpointFile(final long number) {
        return CHECKPOINT_PREFIX + digits(number);
    }

    /**
     * Name of a manifest.
     *
     * @param generation its generation, greater than 0
     * @return name
     */
    public static String manifest(final long generation) {
        return MANIFEST_PREFIX + digits(generation);
    }

    /**
     * Name of a manifest that is being written.
     *
     * @param generation its generation, greater than 0
     * @return name
     */
    public static String temporaryManifest(final long generation) {
        return manifest(generation) + TEMPORARY_SUFFIX;
    }

    /**
     * Number of a checkpoint file.
     *
     * @param name of any file
     * @return its number, or {@link #NOT_A_MATCH}
     */
    public static long parseCheckpointFile(final String name) {
        return parse(name, CHECKPOINT_PREFIX);
    }

    /**
     * Generation of a manifest.
     *
     * @param name of any file
     * @return its generation, or {@link #NOT_A_MATCH}
     */
    public static long parseManifest(final String name) {
        return parse(name, MANIFEST_PREFIX);
    }

    /**
     * Generation of a manifest that was being written.
     *
     * @param name of any file
     * @return its generation, or {@link #NOT_A_MATCH}
     */
    public static long parseTemporaryManifest(final String name) {
        return name.endsWith(TEMPORARY_SUFFIX)
                ? parse(name.substring(0, name.length() - TEMPORARY_SUFFIX.length()), MANIFEST_PREFIX)
                : NOT_A_MATCH;
    }

    private static String digits(final long number) {
        if (number <= 0) {
            throw new IllegalArgumentException("file number out of range: " + number);
        }
        return HexDigits.of(number);
    }

    private static long parse(final String name, final String prefix) {
        if (!name.startsWith(prefix) || name.length() != prefix.length() + HexDigits.COUNT) {
            return NOT_A_MATCH;
        }
        long number = 0;
        for (int i = prefix.length(); i < name.length(); i++) {
            final char c = name.charAt(i);
            final boolean digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            if (!digit) {
                return NOT_A_MATCH;
            }
            number = (number << 4) | Character.digit(c, 16);
        }
        return Math.max(number, NOT_A_MATCH);
    }
}
