"""What a monitor's alarms will cost and show, from its reference alone."""

from driftline.app.job import Job
from driftline.core.visibility import outlook
from driftline.core.visibility.outlook import Outlook


def look_ahead(job: Job) -> Outlook:
    """The outlook under the reference of the version in service; no row is read."""
    model = job.registry.resolve(job.model, job.alias)
    reference = job.registry.load_reference(model)
    lessons = job.lessons(model.version, reference)
    learned = outlook.Learned(
        reference,
        lessons.spread(job.drift),
        lessons.joint(job.drift),
        len(lessons.contrasts().groups) if job.roles.label else 0,
        lessons.values(job.drift),
        lessons.given(job.drift),
    )
    metrics = [job.primary_metric(reference), *job.measured_metrics]
    labelled = tuple(dict.fromkeys(metrics)) if job.roles.label else ()
    return outlook.look_ahead(learned, job.drift, job.harm, labelled)
