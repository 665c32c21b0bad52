/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store.table;

/** A session that counts, checks that enter and leave alternate, and gives up after very many failures in a row. */
class TestReadSession extends ReadSession {
    private static final int FAILURES_MAX = 100_000_000;

    boolean inside;
    long failures;

    @Override
    protected void checkOpen() {
        // The caller is the only one.
    }

    @Override
    protected void enter() {
        if (inside) {
            throw new AssertionError("entered twice");
        }
        inside = true;
    }

    @Override
    protected void leave() {
        if (!inside) {
            throw new AssertionError("left twice");
        }
        inside = false;
    }

    @Override
    protected void failed(final int failuresInARow) {
        failures++;
        if (failuresInARow > FAILURES_MAX) {
            throw new AssertionError("never got through: failures=" + failuresInARow);
        }
        if (failuresInARow % 64 == 0) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }
}
