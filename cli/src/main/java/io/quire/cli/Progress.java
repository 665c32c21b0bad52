/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.util.concurrent.TimeUnit;

/**
 * Shows on standard error how far a command is: a bar that is drawn over itself on a terminal, a line every five
 * seconds elsewhere, nothing when asked to be quiet.
 *
 * <p>Threading: one thread reports, a daemon thread of this class draws.
 */
public final class Progress implements AutoCloseable {
    private static final long TERMINAL_PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(150);
    private static final long PLAIN_PERIOD_NS = TimeUnit.SECONDS.toNanos(5);
    /** A rate forgets half of what it saw in this time. */
    private static final double RATE_HALF_LIFE_NS = 3e9;

    private static final String CLEAR_LINE = "\r\033[K";

    private final Console console;
    private final boolean quiet;
    private final ProgressLine.Unit unit;
    private final Thread painter;
    private volatile String label;
    private volatile String detail = "";
    private volatile long total = -1;
    private volatile long done;
    private volatile boolean closed;

    private long lastDone;
    private long lastNs;
    private double rate;
    private double rateWeight;
    private boolean painted;

    /**
     * Starts to show.
     *
     * @param console whose standard error shows it
     * @param quiet whether to show nothing
     * @param label what is going on
     * @param unit what is counted
     */
    public Progress(final Console console, final boolean quiet, final String label, final ProgressLine.Unit unit) {
        this.console = console;
        this.quiet = quiet;
        this.label = label;
        this.unit = unit;
        this.lastNs = System.nanoTime();
        this.painter = new Thread(this::paintUntilClosed, "quire-progress");
        painter.setDaemon(true);
        if (!quiet) {
            painter.start();
        }
    }

    /**
     * Begins another part of the work.
     *
     * @param newLabel what is going on
     * @param newTotal how much of it there is, -1 when unknown
     */
    public void begin(final String newLabel, final long newTotal) {
        label = newLabel;
        total = newTotal;
        done = 0;
    }

    /**
     * Sets how much there is to do.
     *
     * @param newTotal how much, -1 when unknown
     */
    public void total(final long newTotal) {
        total = newTotal;
    }

    /**
     * Sets how much is done. Cheap enough for every step.
     *
     * @param newDone how much
     */
    public void done(final long newDone) {
        done = newDone;
    }

    /**
     * Sets what is worked on.
     *
     * @param newDetail such as a file name
     */
    public void detail(final String newDetail) {
        detail = newDetail;
    }

    private void paintUntilClosed() {
        final long periodNs = console.errTerminal() ? TERMINAL_PERIOD_NS : PLAIN_PERIOD_NS;
        synchronized (this) {
            try {
                while (!closed) {
                    TimeUnit.NANOSECONDS.timedWait(this, periodNs);
                    if (!closed) {
                        paint();
                    }
                }
            } catch (final InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void paint() {
        final ProgressLine line = new ProgressLine(label, detail, done, total, currentRate(), unit);
        if (console.errTerminal()) {
            console.err().print(CLEAR_LINE + line.bar(console.width() - 1));
            console.err().flush();
            painted = true;
        } else {
            console.say(line.plain());
        }
    }

    private double currentRate() {
        final long nowNs = System.nanoTime();
        final long elapsedNs = Math.max(1, nowNs - lastNs);
        if (done < lastDone) { // another part has begun
            lastDone = 0;
            rate = 0;
            rateWeight = 0;
        }
        final double keep = Math.pow(0.5, elapsedNs / RATE_HALF_LIFE_NS);
        rate = rate * keep + (done - lastDone) * 1e9 / elapsedNs * (1 - keep);
        rateWeight = rateWeight * keep + (1 - keep);
        lastDone = done;
        lastNs = nowNs;
        return rateWeight == 0 ? 0 : Math.max(0, rate / rateWeight);
    }

    /** Stops showing and removes the bar, so that a message can follow. */
    @Override
    public void close() {
        if (quiet) {
            return;
        }
        synchronized (this) {
            if (!closed && painted) {
                console.err().print(CLEAR_LINE);
                console.err().flush();
            }
            closed = true;
            notifyAll();
        }
    }
}
