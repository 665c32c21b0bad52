/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.StateKind;

/**
 * Which time makes timers due. It is a part of the state's kind: timers of one domain are never opened as those of the
 * other. A store knows neither time: the caller gives it with each poll.
 *
 * <p>Threading: thread-safe, immutable.
 */
public enum TimeDomain {
    /** The time that the events carry: a timer is due when a watermark has reached its timestamp. */
    EVENT_TIME(StateKind.EVENT_TIME_TIMERS),
    /** The time of the clock: a timer is due when the clock has reached its timestamp. */
    PROCESSING_TIME(StateKind.PROCESSING_TIME_TIMERS);

    private final StateKind kind;

    TimeDomain(final StateKind kind) {
        this.kind = kind;
    }

    StateKind kind() {
        return kind;
    }
}
