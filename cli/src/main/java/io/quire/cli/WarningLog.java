/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.cli;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Shows what the library warns of as messages of the command, one line each.
 *
 * <p>Threading: thread-safe.
 */
final class WarningLog extends Handler {
    private final Console console;
    private final SimpleFormatter formatter = new SimpleFormatter();

    private WarningLog(final Console console) {
        this.console = console;
        setLevel(Level.WARNING);
    }

    /** Takes the place of whatever shows log records in this process. */
    static void install(final Console console) {
        LogManager.getLogManager().reset();
        Logger.getLogger("").addHandler(new WarningLog(console));
    }

    @Override
    public void publish(final LogRecord record) {
        if (isLoggable(record)) {
            final Throwable thrown = record.getThrown();
            final String cause = thrown == null || thrown.getMessage() == null ? "" : ": " + thrown.getMessage();
            console.say("warning: " + (formatter.formatMessage(record) + cause).replaceAll("\\s*\\R\\s*", "; "));
        }
    }

    @Override
    public void flush() {
        console.err().flush();
    }

    @Override
    public void close() {
        flush();
    }
}
