/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.store;

import io.quire.store.catalog.ExpiryRule;
import io.quire.store.errors.ConfigurationException;
import java.time.Duration;
import java.util.Objects;

/**
 * How long what a state holds lives: values, elements of lists and entries of maps, each by itself. What has expired is
 * never returned, and removed some time later; see {@link TypedStateDescriptor#withTimeToLive}, and for states of
 * primitives and bytes {@link StateStore#longLongState(String, TimeToLive)}.
 *
 * <p>A value written at a time of the store's clock has expired when the clock shows that time plus the duration, and
 * is there one millisecond before.
 *
 * <p>Threading: thread-safe, immutable.
 *
 * @param updateType what starts the time anew
 * @param durationMs milliseconds, 1 or more; 0 when disabled
 */
public record TimeToLive(UpdateType updateType, long durationMs) {
    /** What starts the time of a value anew; the names are Flink's, but for the first. */
    public enum UpdateType {
        /** Nothing expires. */
        DISABLED(ExpiryRule.OFF),
        /** The write that creates it: later ones do not make it live longer. */
        ON_CREATE(ExpiryRule.ON_CREATE),
        /** Every write of it. */
        ON_CREATE_AND_WRITE(ExpiryRule.ON_CREATE_AND_WRITE),
        /**
         * Every write of it, and every {@code get} by its key, which therefore writes; of states of primitives and
         * bytes also {@code wrap}, {@code getAll} and {@link LongSetState#contains}. Of a list each iterator over
         * {@link ListState#get} starts the time of all elements anew that have not expired when it is made. Where that
         * write finds no room, {@code get} throws {@link io.quire.store.errors.StoreFullException} and nothing has
         * changed, instead of returning what would then expire too early; that can be in an open batch that has grown
         * too large, and for a value that was written before the first time to live was given and gets longer by its
         * timestamp.
         */
        ON_READ_AND_WRITE(ExpiryRule.ON_READ_AND_WRITE);

        private final int code;

        UpdateType(final int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        static UpdateType ofCode(final int code) {
            return values()[code]; // codes are those of the catalog, in order
        }
    }

    /** Switches the time to live of a state off; timestamps are kept, so that it can be switched on again. */
    public static final TimeToLive OFF = new TimeToLive(UpdateType.DISABLED, 0);

    /**
     * Checks what callers give.
     *
     * @throws ConfigurationException when the duration is less than a millisecond, or given although disabled
     */
    public TimeToLive {
        Objects.requireNonNull(updateType, "updateType");
        if (updateType == UpdateType.DISABLED ? durationMs != 0 : durationMs < 1) {
            throw new ConfigurationException(
                    "time to live: updateType=" + updateType + " durationMs=" + durationMs + " expected=1 or more");
        }
    }

    /**
     * A time to live that every write starts anew.
     *
     * @param duration a millisecond or more; rounded down to milliseconds
     * @return the time to live, {@link UpdateType#ON_CREATE_AND_WRITE}
     * @throws ConfigurationException when it is less than a millisecond, or more than a long can count
     */
    public static TimeToLive of(final Duration duration) {
        final long durationMs;
        try {
            durationMs = duration.toMillis();
        } catch (final ArithmeticException e) {
            throw new ConfigurationException("time to live is too long: duration=" + duration, e);
        }
        return ofMillis(durationMs);
    }

    /**
     * A time to live that every write starts anew.
     *
     * @param durationMs milliseconds, 1 or more
     * @return the time to live, {@link UpdateType#ON_CREATE_AND_WRITE}
     * @throws ConfigurationException when it is less
     */
    public static TimeToLive ofMillis(final long durationMs) {
        return new TimeToLive(UpdateType.ON_CREATE_AND_WRITE, durationMs);
    }

    /**
     * The same duration, started anew by something else.
     *
     * @param type what starts it anew, not {@link UpdateType#DISABLED}
     * @return the time to live
     * @throws ConfigurationException when the type is DISABLED
     */
    public TimeToLive updatedBy(final UpdateType type) {
        return new TimeToLive(type, durationMs);
    }

    static TimeToLive of(final ExpiryRule rule) {
        return rule.isOn() ? new TimeToLive(UpdateType.ofCode(rule.update()), rule.ttlMs()) : OFF;
    }

    boolean isOn() {
        return updateType != UpdateType.DISABLED;
    }

    /** The rule of a state that had another one; the time is that of the change. */
    ExpiryRule rule(final ExpiryRule before, final long nowMs) {
        return isOn()
                ? new ExpiryRule(
                        updateType.code(),
                        durationMs,
                        before.isNone() ? nowMs : before.sinceMs(),
                        before.sincePosition())
                : before.off();
    }
}
