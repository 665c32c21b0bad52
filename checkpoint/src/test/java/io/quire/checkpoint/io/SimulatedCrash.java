/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * The process is gone: thrown by every call on a file system model from the instant it was told to crash. An Error,
 * so that no code under test takes it for a failure it can handle.
 *
 * <p>Threading: thread-safe, immutable.
 */
public final class SimulatedCrash extends Error {
    private static final long serialVersionUID = 1L;

    SimulatedCrash(final String call) {
        super("the process died at " + call);
    }
}
