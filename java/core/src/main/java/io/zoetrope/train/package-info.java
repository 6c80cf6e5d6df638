/**
 * Training of any model in a run's folder that survives a kill or an interrupt at any moment. A model contributes an
 * {@link io.zoetrope.train.Objective}; {@link io.zoetrope.train.RecordedTraining} records and replays its step, and
 * {@link io.zoetrope.train.Trainer} keeps the run.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.train;

import org.apiguardian.api.API;
