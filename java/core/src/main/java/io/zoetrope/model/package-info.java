/**
 * The models, a package each: all that one model is. A {@link io.zoetrope.model.ModelFamily} declares once what can be
 * done with its models and what their users may decide; {@link io.zoetrope.model.ModelFamilies} finds the families, and
 * the models that ship, by their names and by their folders.
 */
@API(status = API.Status.STABLE)
package io.zoetrope.model;

import org.apiguardian.api.API;
