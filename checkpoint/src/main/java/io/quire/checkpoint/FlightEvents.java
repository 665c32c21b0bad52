/* SPDX-License-Identifier: Apache-2.0 */
package io.quire.checkpoint;

import io.quire.checkpoint.manifest.Manifest;
import io.quire.checkpoint.merge.MergeResult;
import io.quire.store.errors.CheckpointFailedException;
import jdk.jfr.FlightRecorder;

/**
 * Begins and ends events of the Flight Recorder when there is one. An event class must not be touched before: the
 * first one in a JVM reads the recorder's metadata, tenths of a second that would fall into the first checkpoint.
 *
 * <p>Threading: thread-safe; an event is confined to the thread that began it.
 */
final class FlightEvents {
    private FlightEvents() {}

    /** {@return an event that has begun, or null when no recording was ever started in this JVM} */
    static CheckpointEvent beginCheckpoint() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        final CheckpointEvent event = new CheckpointEvent();
        event.begin();
        return event;
    }

    static void end(
            final CheckpointEvent event,
            final CheckpointInfo info,
            final CheckpointFailedException failure,
            final Manifest newest) {
        if (event != null) {
            event.end(info, failure, newest);
        }
    }

    /** {@return an event that has begun, or null when no recording was ever started in this JVM} */
    static MergeEvent beginMerge() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        final MergeEvent event = new MergeEvent();
        event.begin();
        return event;
    }

    static void end(final MergeEvent event, final MergeResult result) {
        if (event != null) {
            event.end(result);
        }
    }
}
