-- Written by amphora deploy from the site's catalog; changes here are lost.
hide_version("samtools/1.10")
module_version("samtools/1.20", "default")
module_version("samtools/1.20", "stable")
module_version("samtools/1.21", "candidate")
hide_version("samtools/1.21")
