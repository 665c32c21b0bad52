/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Collects what a class warns of, in place of the console, until it is closed. */
public final class LoggedWarnings implements AutoCloseable {
    private final Logger logger; // held, or its handler would go with it
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(final LogRecord entry) {
            if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
                lines.add(formatter.formatMessage(entry));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    /** Begins to collect. */
    public LoggedWarnings(final Class<?> source) {
        logger = Logger.getLogger(source.getName());
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    /** {@return the messages so far} */
    public List<String> lines() {
        return lines;
    }

    @Override
    public void close() {
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }
}
