/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

/**
 * What the process ends with. A signal ends it with 128 + its number instead.
 *
 * <p>Threading: constants only.
 */
public final class ExitCode {
    /** Everything was done. */
    public static final int OK = 0;
    /** The command ran, and what it checked is wrong. */
    public static final int CHECK_FAILED = 1;
    /** The command line is wrong; nothing was done. */
    public static final int USAGE = 2;
    /** The store, an input or the output failed. */
    public static final int STORE_ERROR = 3;

    private ExitCode() {}
}
